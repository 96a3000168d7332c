"""What the rest of the product asks of the reconciler."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from cloudpilot import jobs
from cloudpilot.errors import DomainError
from routers import connections, tasks
from routers.errors import LeaseLost, RouterBeingWritten, RouterInactive
from routers.models import Reconciliation, Router
from routers.reconcile import lease
from routers.reconcile.changes import Plan
from routers.reconcile.lease import Lease
from routers.reconcile.passes import Outcome, Pass, View, later
from routers.routeros import Deadline, errors
from routers.signals import pass_ended

# How long a request thread may wait for the rows of a router.
PLAN_SECONDS = 10.0
_BATCH = 500


def mark_dirty(routers: Iterable[int]) -> None:
    """Say that these routers, by primary key, should hold something else than before.

    Call it in the transaction of what changed: a pass follows if that commits, and sees it.
    """
    rows = Router.objects.filter(pk__in=routers).values_list("pk", "company_id")
    companies = dict(rows.order_by("pk"))
    with transaction.atomic():
        _make_rows(companies)
        _locked(companies).update(desired_version=F("desired_version") + 1, due_at=Now())
        _ask_for_all(companies)


def plan_router(router: Router) -> tuple[View, Plan]:
    """Compare what a router should hold with what it does, now; nothing is written to it.

    Raises `RouterUnreachable`.
    """
    view = View(router)
    if view.menus:
        try:
            view.read(Deadline(PLAN_SECONDS))
        except errors.Unavailable as exc:
            raise connections.unreachable(exc) from exc
    return view, view.plan()


def reconcile(router: Router) -> Outcome:
    """Make one pass: write to the router whatever it takes to be as it should.

    Raises `RouterUnreachable`, or `RouterBeingWritten` if another process is at it. Either way the
    router may have been changed in part; the next pass goes on from what is there.
    """
    try:
        with held(router) as own:
            outcome = _pass(Pass(router, own))
            if own.is_takeover:
                # What the one before us had sent may arrive only now.
                _ask(router.pk, router.company_id, after=settings.RECONCILE_LEASE_SECONDS)
    except (LeaseLost, RouterBeingWritten):
        raise  # there is another one at it, whose end is heard
    except DomainError as exc:
        pass_ended.send(Reconciliation, router=router, problems=(), error=str(exc))
        raise
    pass_ended.send(Reconciliation, router=router, problems=outcome.problems, error="")
    return outcome


@contextmanager
def held(router: Router) -> Iterator[Lease]:
    """Keep passes away from a router within the block. Raises `RouterBeingWritten`."""
    _make_rows([router.pk])
    with lease.held(router.pk) as own:
        yield own


def _pass(run: Pass) -> Outcome:
    try:
        return run.run()
    except errors.CircuitOpen as exc:
        run.note_failure(run.view.row.error or str(exc))  # why it failed before says more
        raise connections.unreachable(exc) from exc
    except errors.Unavailable as exc:
        run.note_failure(str(exc))
        raise connections.unreachable(exc) from exc
    except LeaseLost:
        raise  # the row is another's to write to
    except DomainError as exc:
        run.note_failure(str(exc))
        raise


def ask_for_pass(router: Router, *, retry_reverted: bool = False) -> jobs.Job:
    """Queue a pass, also over changes that the router took back if `retry_reverted`.

    Raises `RouterInactive`.
    """
    if not router.is_active:
        raise RouterInactive("An inactive router is left alone.")
    with transaction.atomic():
        _make_rows([router.pk])
        if retry_reverted:
            Reconciliation.objects.filter(pk=router.pk).update(reverted_rows="")
        return _ask(router.pk, router.company_id)


def router_is_back(router_id: int) -> None:
    """Let what waits for a router that was away wait no longer."""
    waiting = Reconciliation.objects.filter(pk=router_id).exclude(
        desired_version=F("applied_version"), error=""
    )
    for company_id in waiting.values_list("router__company_id", flat=True):
        _ask(router_id, company_id)


def sweep() -> int:
    """Queue a pass for every router that is due for one; answers how many those are.

    It finds what lost its hint, what was never looked at, and what may have been changed by hand.
    """
    active = Router.objects.filter(is_active=True)
    _make_rows(active.filter(reconciliation=None).values_list("pk", flat=True)[:_BATCH])
    due = active.filter(reconciliation__due_at__lte=Now()).order_by("reconciliation__due_at")
    companies = dict(due.values_list("pk", "company_id")[:_BATCH])
    with transaction.atomic():
        # Its pass says when a router is due next. This is for a pass that never comes.
        _locked(companies).update(due_at=later(2))
        _ask_for_all(companies)
    return len(companies)


def _make_rows(routers: Iterable[int]) -> None:
    # Due by the clock that is asked what is due: SQLite's stops at milliseconds, and ours does not.
    rows = [Reconciliation(router_id=router, due_at=Now()) for router in routers]
    Reconciliation.objects.bulk_create(rows, ignore_conflicts=True)


def _locked(routers: Iterable[int]) -> QuerySet[Reconciliation]:
    """Lock the routers' rows, before any job of theirs and in one order, so that nobody deadlocks."""
    rows = Reconciliation.objects.filter(pk__in=routers)
    list(rows.order_by("pk").select_for_update().values("pk"))
    return rows


def _ask_for_all(companies: Mapping[int, int]) -> None:
    """Queue a pass for each router, given with its company."""
    orders = [_order(router, company) for router, company in sorted(companies.items())]
    jobs.enqueue_many(tasks.reconcile_router, orders)


def _ask(router: int, company: int, *, after: float = 0.0) -> jobs.Job:
    return jobs.enqueue(tasks.reconcile_router, after=after, **_order(router, company))


def _order(router: int, company: int) -> dict[str, Any]:
    return {
        "arguments": {"router": router},
        "unique": f"reconcile:{router}",
        "lock": f"router:{router}",
        "company": company,
    }
