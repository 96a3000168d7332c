from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Q
from tqdm import tqdm

from cloudpilot.errors import DomainError
from routers.models import Router
from routers.reconcile import services
from routers.reconcile.changes import Change, Problem

# Mostly they wait for routers, and a silent one keeps nobody but its own thread.
_THREADS = 16


class Command(BaseCommand):
    help = "Make one pass over routers: make them what they should be, or show what that takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "routers", nargs="*", metavar="ROUTER", help="RTR_… or a number; none: all active ones"
        )
        parser.add_argument(
            "--plan", action="store_true", help="show what would change, and write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        routers = list(_routers(options["routers"]))
        act = _plan if options["plan"] else _reconcile
        failed = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            waiting = {pool.submit(_in_thread, act, router): router for router in routers}
            done = as_completed(waiting)
            for future in tqdm(done, total=len(routers), disable=None, leave=False):
                lines, is_good = future.result()
                failed += not is_good
                with tqdm.external_write_mode():  # or the bar is in the middle of the lines
                    self.stdout.write("\n".join(lines))
        if failed:
            raise CommandError(f"{failed} of {len(routers)} routers are not as they should be.")


def _routers(names: list[str]) -> Iterator[Router]:
    if not names:
        yield from Router.objects.filter(is_active=True).order_by("pk")
    for name in names:
        wanted = Q(pk=int(name)) if name.isascii() and name.isdigit() else Q(public_id=name)
        router = Router.objects.filter(wanted).first()
        if router is None:
            raise CommandError(f"There is no router {name}.")
        yield router


def _in_thread(act: Callable[[Router], tuple[list[str], bool]], router: Router) -> Any:
    """Return lines about a router, and whether all is well with it."""
    try:
        return act(router)
    except DomainError as exc:
        return [f"{router}: {exc}"], False
    finally:
        connection.close()


def _reconcile(router: Router) -> tuple[list[str], bool]:
    outcome = services.reconcile(router)
    lines = [f"{router}: {_counted(outcome.changed)}", *map(_problem, outcome.problems)]
    return lines, not outcome.problems


def _plan(router: Router) -> tuple[list[str], bool]:
    _, plan = services.plan_router(router)
    lines = [f"{router}: {_counted(plan.summary())}"]
    return [*lines, *map(_change, plan.changes), *map(_problem, plan.problems)], True


def _counted(changes: dict[str, int]) -> str:
    counts = [f"{count} {action}" for action, count in changes.items() if count]
    return ", ".join(counts) or "nothing to do"


def _change(change: Change) -> str:
    return f"  {change.action} {change.menu} {change.key}: {change.reason}"


def _problem(problem: Problem) -> str:
    return f"  {problem.menu} {problem.key}: {problem.sentence} ({problem.code})"
