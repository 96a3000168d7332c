"""Routers that ask what they should hold, and say what they do, for we cannot reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from networks import syncing
from networks.keyupdate import services as keyupdate
from networks.models import Node, Onboarding
from networks.observing import services as observing
from networks.observing.asking import Seen
from networks.onboarding import desired
from networks.onboarding.errors import NoRouter
from networks.onboarding.steps import HANDSHAKE_GOOD_FOR
from routers.fleet import sweeps
from routers.models import Reconciliation, Router
from routers.reconcile import providers
from routers.reconcile.changes import Problem

# What a router gets while a pass writes to it: one router, one writer.
MANAGED: Final = "managed"
_WHOLE_EVERY = timedelta(days=1)
_TRY_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Answer:
    """A script, and the version that a router has which has run it. No script: it has that."""

    version: str
    script: str | None


def router_of(node: Node) -> Router:
    """Return the router that a node is. Raises `NoRouter`."""
    if node.router is None:
        raise NoRouter("This node is no router of yours: see what to do under `onboarding`.")
    return node.router


def ask(node: Node, have: str) -> Answer:
    """Answer a router that says which version it holds; an empty text is none."""
    router, now = router_of(node), timezone.now()
    onboarding = Onboarding.objects.filter(node=node).first()
    Node.objects.filter(pk=node.pk).update(last_check_in_at=now)
    if onboarding is None:
        return Answer("", whole_script(node))
    onboarding.polled_at = now
    onboarding.save(update_fields=["polled_at"])
    if router.is_online or not router.is_active:
        return _for_managed(node, have)
    state = desired.state_of(node, router)
    if have == state.version and not _tries_again(onboarding, now):
        return Answer(state.version, None)
    return Answer(state.version, _script(node, state, onboarding, have, now))


def _for_managed(node: Node, have: str) -> Answer:
    """Leave a router to the pass, but for its key: that takes a right which our account lacks.

    One that is switched off here is left to its people.
    """
    if keyupdate.has_its_turn(node):
        return Answer(MANAGED, desired.nothing(node, MANAGED, new_key=True))
    return Answer(MANAGED, None if have == MANAGED else desired.nothing(node, MANAGED))


def whole_script(node: Node) -> str:
    """Return all that a router should hold as one script. Raises `NoRouter`."""
    router = router_of(node)
    return desired.whole(node, desired.state_of(node, router), _menus_of(router))


def _tries_again(onboarding: Onboarding, now: datetime) -> bool:
    sent = onboarding.sent_at
    return bool(onboarding.failed) and (sent is None or now - sent > _TRY_AGAIN_AFTER)


def _script(
    node: Node, state: desired.State, onboarding: Onboarding, have: str, now: datetime
) -> str:
    """Tell a router what has changed for it, or all if it is long ago that it heard all."""
    onboarding.sent_at = now
    is_fresh = onboarding.whole_at is not None and now - onboarding.whole_at < _WHOLE_EVERY
    if have and have == onboarding.held_version and is_fresh:
        onboarding.save(update_fields=["sent_at"])
        return desired.since(node, state, onboarding.held_rows)
    onboarding.whole_at = now
    onboarding.save(update_fields=["sent_at", "whole_at"])
    return desired.whole(node, state, _menus_of(router_of(node)))


def _menus_of(router: Router) -> Sequence[str]:
    """Return where rows of ours may be."""
    row = Reconciliation.objects.filter(pk=router.pk).first()
    return row.menus if row else []


@dataclass(frozen=True)
class Report:
    """What a router says of itself: what stands on it, and which version it holds but for what."""

    seen: Seen
    version: str = ""
    failed: frozenset[str] = frozenset()
    routeros: str = ""


def note(node: Node, report: Report) -> bool:
    """Keep what a router says, as if a pass had found it there; answers whether it is up to date."""
    router = router_of(node)
    worries = observing.keep(router, report.seen)
    if not router.is_online and _has_a_tunnel_to_us(node):
        sweeps.ask_soon(router)
    onboarding = Onboarding.objects.filter(node=node).first()
    if onboarding is None:
        return False
    onboarding.reported_at = report.seen.at
    onboarding.version = report.routeros or onboarding.version
    onboarding.save(update_fields=["reported_at", "version"])
    return _note_held(node, router, onboarding, report, worries)


def _has_a_tunnel_to_us(node: Node) -> bool:
    """Whether it is worth a try to reach a router: others are asked as rarely as before."""
    heard = Node.objects.filter(
        pk=node.pk,
        last_handshake_at__gt=timezone.now() - HANDSHAKE_GOOD_FOR,
        network__nodes__is_host=True,
    )
    return heard.exists()


def _note_held(
    node: Node,
    router: Router,
    onboarding: Onboarding,
    report: Report,
    worries: Mapping[int, Sequence[str]],
) -> bool:
    """Take note of what the router holds now, if that is what it should hold now."""
    state = desired.state_of(node, router)
    if report.version != state.version:
        return False
    failed = [row for row in state.rows if row.key in report.failed]
    held = {**state.digests}
    for row in failed:
        del held[desired.place(row)]
    onboarding.held_version, onboarding.held_rows = state.version, held
    onboarding.failed = [row.key for row in failed]
    onboarding.save(update_fields=["held_version", "held_rows", "failed"])
    problems = [Problem(row.menu, row.key, "refused", _REFUSED) for row in failed]
    _tell(router, state, problems)
    syncing.note_outcome(router, problems, worries)
    return True


_REFUSED = "The router did not take this row."


def _tell(router: Router, state: desired.State, problems: Sequence[Problem]) -> None:
    """Say what stands on the router, as a pass does at its end."""
    refused = {problem.key for problem in problems}
    keys = [row.key for row in state.rows if row.key not in refused]
    providers.tell_of_all(router, keys, problems)
    _note_menus(router, {row.menu for row in state.rows})
    if not problems and not state.left_out:
        behind = Reconciliation.objects.filter(pk=router.pk, applied_version__lt=state.asked)
        behind.update(applied_version=state.asked, error="")


def _note_menus(router: Router, menus: set[str]) -> None:
    """Let the passes to come look where rows of ours are."""
    row = Reconciliation.objects.filter(pk=router.pk).first()
    if row is not None and not menus <= set(row.menus):
        Reconciliation.objects.filter(pk=router.pk).update(menus=sorted(menus.union(row.menus)))
