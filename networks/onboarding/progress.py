"""How far a router has come, and what stops it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from networks.models import Node, Onboarding
from networks.onboarding import steps
from routers.models import Reconciliation, Router


@dataclass(frozen=True)
class Step:
    """`at` is when it was last seen to be done; `hint` says what to do where it is not."""

    name: str
    is_done: bool
    at: datetime | None
    hint: str


@dataclass(frozen=True)
class Progress:
    """The steps in turn; the first that is not done is where to look."""

    steps: tuple[Step, ...]
    handshake_age: timedelta | None
    onboarding: Onboarding | None

    @property
    def failing(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def progress_of(node: Node) -> Progress:
    onboarding = Onboarding.objects.filter(node=node).first()
    heard, now = node.last_handshake_at, timezone.now()
    steps = _steps(node, onboarding, node.router, now)
    return Progress(tuple(steps), now - heard if heard else None, onboarding)


def _steps(
    node: Node, onboarding: Onboarding | None, router: Router | None, now: datetime
) -> Iterator[Step]:
    row = Reconciliation.objects.filter(pk=router.pk).first() if router else None
    fetched = onboarding.fetched_at if onboarding else None
    written, error = (row.last_success_at, row.error) if row else (None, "")
    done = steps.judged(
        is_pending=node.is_pending,
        fetched_at=fetched,
        heard_at=node.last_handshake_at,
        is_online=router is not None and router.is_online,
        written_at=written,
        error=error,
        now=now,
    )
    facts = {
        steps.JOINED: (node.created_at, "Approve the node: it waits for that."),
        steps.FETCHED: (fetched, _PASTE),
        steps.TUNNEL: (node.last_handshake_at, _hint_on_tunnel(node, onboarding)),
        steps.API: (router.last_checked if router else None, _hint_on_api(node)),
        steps.MANAGED: (written, error or "A pass is to come."),
    }
    for name in steps.NAMES:
        at, hint = facts[name]
        yield Step(name, done[name], at, "" if done[name] else hint)


_PASTE = "Paste the line that came with an access key into the router's terminal."


def _hint_on_tunnel(node: Node, onboarding: Onboarding | None) -> str:
    if onboarding is not None and onboarding.reported_at is None:
        return "The router has fetched its account, and not reported since: see its log."
    if not node.has_valid_key:
        return "The router has not told its public key yet."
    if not node.network.nodes.filter(is_hub=True).exclude(pk=node.pk).exists():
        return "The network has no hub: POST /api/server/addnetwork/{netid}/ makes this host one."
    return "No handshake: does UDP get from the router to the hub's endpoint and port?"


def _hint_on_api(node: Node) -> str:
    hub = node.network.nodes.filter(is_host=True).first()
    if hub is None:
        return "This host is not in the network, so the router can only ask: see poll mode."
    if hub.sync_state != Node.Sync.OK:
        return f"The hub's tunnel is not up: {hub.sync_error or 'run_hub has not made it yet'}"
    return "The tunnel is up, but the router's API does not answer: see /ip service on it."
