"""The part of a key change that is done on routers: prepare it, and settle it."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from networks.desired.tunnel import INTERFACES, PEERS, own_mark
from networks.keyupdate import scripts
from networks.models import Node
from routers import connections
from routers.models import Router
from routers.reconcile import services as reconcile
from routers.reconcile.revert import SCHEDULER
from routers.reconcile.rows import Row
from routers.routeros import Command, Deadline, Session
from routers.routeros.errors import Refused

_IN_HAND = "cp:rekey:"
# On the row of each: the one is not there yet, or is too late to be put there in time.
_LEAST_LEAD = 1.0
_SECONDS = 10.0


class NotReady(Exception):
    """The router does not hold what the change is about."""


@dataclass(frozen=True)
class Prepared:
    """What a router made ready for a change."""

    token: str
    old_key: str
    new_key: str


def make_spare(node: Node) -> Prepared:
    """Have the node's router make another key, next to the one that it uses.

    What an earlier attempt left behind is cleared away first. Raises `NotReady`, `Refused`,
    `Unavailable`, `RouterBeingWritten`.
    """
    token = secrets.token_hex(4)
    with reconcile.held(_router(node)) as lease:
        deadline = lease.window()
        with connections.session(_router(node), deadline) as session:
            _clear(session, deadline)
            old = _public_key(session, own_mark(node.network), deadline)
            session.run(scripts.add_spare(token), deadline)
            new = _public_key(session, scripts.spare_mark(token), deadline)
    return Prepared(token, old, new)


def arm(node: Node, prepared: Prepared, at: datetime) -> None:
    """Have the node's router change its key at this time, and back some time later."""
    both = scripts.changes(
        own_mark(node.network), prepared.token, old=prepared.old_key, new=prepared.new_key
    )
    _plan(node, prepared.token, both, at)


def arm_follower(follower: Node, node: Node, prepared: Prepared, at: datetime) -> None:
    """Have another node's router take up the new key at the same time, and the old one later."""
    peer = own_mark(node.network, "peer", node.pk)
    both = scripts.following(peer, old=prepared.old_key, new=prepared.new_key)
    _plan(follower, prepared.token, both, at, follows=True)


def settle(node: Node) -> None:
    """Make a change on this router final: nothing of it is left there but the new key."""
    deadline = Deadline(_SECONDS)
    with connections.session(_router(node), deadline, probe=True) as session:
        _clear(session, deadline)


def has_peer_key(node: Node, peer: Node, key: str) -> bool:
    """Say whether the node's router can be reached, and knows the peer by this key."""
    deadline = Deadline(_SECONDS)
    connections.forget(_router(node))  # the old connection may hang where its tunnel was
    command = Command(PEERS, "print", proplist=("comment", "public-key"))
    with connections.session(_router(node), deadline, probe=True) as session:
        rows = session.run(command, deadline).rows
    ours = own_mark(node.network, "peer", peer.pk)
    return any(row.get("comment") == ours and row.get("public-key") == key for row in rows)


def _plan(
    node: Node, token: str, both: tuple[str, str], at: datetime, *, follows: bool = False
) -> None:
    with reconcile.held(_router(node)) as lease:
        deadline = lease.window()
        with connections.session(_router(node), deadline) as session:
            left = (at - timezone.now()).total_seconds()
            if left < _LEAST_LEAD:
                raise NotReady("It took too long to prepare this change everywhere.")
            patience = settings.RECONCILE_REVERT_SECONDS
            for command in scripts.plan(
                token, both, seconds=left, patience=patience, follows=follows
            ):
                session.run(command, deadline)


def _clear(session: Session, deadline: Deadline) -> None:
    for menu in (SCHEDULER, INTERFACES):
        rows = session.run(Command(menu, "print", proplist=(".id", "comment")), deadline).rows
        _remove(session, menu, _in_hand(rows), deadline)


def _in_hand(rows: Iterable[Row]) -> list[str]:
    return [row[".id"] for row in rows if row.get("comment", "").startswith(_IN_HAND)]


def _remove(session: Session, menu: str, ids: Sequence[str], deadline: Deadline) -> None:
    outcomes = session.run_many([Command(menu, "remove", {".id": id_}) for id_ in ids], deadline)
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise outcome


def _public_key(session: Session, comment: str, deadline: Deadline) -> str:
    command = Command(INTERFACES, "print", proplist=("comment", "public-key"))
    for row in session.run(command, deadline).rows:
        if row.get("comment") == comment and row.get("public-key"):
            return row["public-key"]
    raise NotReady("The router does not have the network's interface yet.")


def _router(node: Node) -> Router:
    if node.router is None:
        raise NotReady("This node is no router of ours any more.")
    return node.router
