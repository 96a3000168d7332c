"""Routers that ask what they should hold, and say what they do, for we cannot reach them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from networks import addressing, links, services, wireguard
from networks.links import Sighting
from networks.models import Node, Onboarding
from networks.nodes import services as nodes
from networks.onboarding import desired
from networks.onboarding.errors import NoRouter
from routers.fleet import sweeps
from routers.models import Reconciliation, Router
from routers.reconcile import providers
from routers.reconcile.changes import Problem

# What a router gets while a pass writes to it: one router, one writer.
MANAGED: Final = "managed"
_WHOLE_EVERY = timedelta(days=1)
_TRY_AGAIN_AFTER = timedelta(minutes=10)
_MOST_SUBNETS = 200


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
    if router.is_online:
        script = None if have == MANAGED else desired.nothing(node, MANAGED)
        return Answer(MANAGED, script)
    state = desired.state_of(node, router)
    if have == state.version and not _tries_again(onboarding, now):
        return Answer(state.version, None)
    return Answer(state.version, _script(node, state, onboarding, have, now))


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
    """What a router says of itself."""

    version: str = ""
    failed: Collection[str] = ()
    public_key: str = ""
    routeros: str = ""
    subnets: Sequence[str] | None = None
    peers: Sequence[Sighting] = field(default_factory=list)


def note(node: Node, report: Report) -> None:
    """Keep what a router says. Raises `DeviceTaken` if it shows another one's public key."""
    router, now = router_of(node), timezone.now()
    if wireguard.is_key(report.public_key) and report.public_key != node.public_key:
        nodes.update(node, public_key=report.public_key)
    if report.subnets is not None:
        note_subnets(node, report.subnets)
    links.note(node, report.peers, seen_at=now)
    onboarding = Onboarding.objects.filter(node=node).first()
    if onboarding is not None:
        onboarding.reported_at = now
        onboarding.version = report.routeros or onboarding.version
        onboarding.save(update_fields=["reported_at", "version"])
        _note_held(node, router, onboarding, report)
    if not router.is_online and any(peer.last_handshake_at for peer in report.peers):
        sweeps.ask_soon(router)


def note_subnets(node: Node, addresses: Sequence[str]) -> None:
    """Keep which subnets a router is in by itself, of its addresses as `/ip/address` has them."""
    own = {str(address) for address in (node.address, node.address6)}
    others = [text for text in addresses if text.partition("/")[0] not in own]
    subnets = sorted({str(addressing.range_of(text)) for text in others if "/" in text})
    subnets = subnets[:_MOST_SUBNETS]
    is_news = node.looked_at is None or subnets != node.subnets
    node.subnets, node.looked_at = subnets, timezone.now()
    with transaction.atomic():
        node.save(update_fields=["subnets", "looked_at"])
        if is_news:
            services.changed(node.network, nodes=[node])


def _note_held(node: Node, router: Router, onboarding: Onboarding, report: Report) -> None:
    """Take note of what the router holds now, if that is what it should hold now."""
    state = desired.state_of(node, router)
    if report.version != state.version:
        return
    failed = [row for row in state.rows if row.key in report.failed]
    held = state.digests
    for row in failed:
        held.pop(desired.place(row))
    onboarding.held_version, onboarding.held_rows = state.version, held
    onboarding.failed = [row.key for row in failed]
    onboarding.save(update_fields=["held_version", "held_rows", "failed"])
    _tell(router, state, [Problem(row.menu, row.key, "refused", _REFUSED) for row in failed])


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
