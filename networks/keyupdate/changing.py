"""A new key for one node: from where it is, a step further.

Of a node under way the database knows both keys, the moment at which its router changes from one
to the other, and whether anybody is there to hear it afterwards. Each step looks at where things
are and goes on from there, so it does not matter who takes it, or whether the last one ended.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from cloudpilot.text import storable
from networks import links
from networks.keyupdate import device, host
from networks.keyupdate.device import NotReady, Prepared
from networks.keyupdate.host import NotYet
from networks.models import KeyChange, Link, Node, Onboarding
from networks.nodes import services as nodes
from networks.observing import asking
from networks.observing import services as observing
from networks.observing.asking import Seen
from routers.errors import LeaseLost, RouterBeingWritten
from routers.routeros import errors

State = KeyChange.State

_POLL = 2.0
_LEAD = 5.0  # seconds from the preparation to the change
_LEAD_A_FOLLOWER = 2.0  # and more for each router that has to be prepared as well
_LEAST_LEAD_WITH_FOLLOWERS = 15.0
_MARGIN = timedelta(seconds=5)  # before the way back is taken nothing is confirmed any more
_ROUNDING = timedelta(seconds=1)  # routers tell the age of a handshake in whole seconds
_PARTNER = timedelta(minutes=5)  # whoever was heard so lately is there
_ASKS = timedelta(minutes=3)  # whoever has asked what to hold so lately will ask again
_RETRY_AWAY = timedelta(minutes=1)
_RETRY_FAILED = timedelta(minutes=5)
_LONGEST = 500
_UNHEARD = "No other node has heard this one with its new key."


def go_on(change: KeyChange) -> float:
    """Take a change that has its turn a step further; answers after how many seconds there is more."""
    try:
        if change.token:
            return _watch(change)
        if change.flips_at or _makes_it_when_it_asks(change.node):
            return _wait_for_its_word(change)
        return _prepare(change)
    except (RouterBeingWritten, LeaseLost, NotYet):
        return _POLL  # a pass is at it, or the host
    except errors.Unavailable as exc:
        _try_other_key(change)
        return _leave(change, State.AWAY, str(exc))
    except (errors.Refused, NotReady) as exc:
        return _leave(change, State.FAILED, str(exc))


# Before -----------------------------------------------------------------------------------------


def _prepare(change: KeyChange) -> float:
    """Have everything ready on routers, and note it down before anything is to happen."""
    node = change.node
    followers = followers_of(node)
    _demand_all_there(followers)
    prepared = host.made_spare(change) if node.is_host else device.make_spare(node)
    lead = _lead(len(followers))
    at = timezone.now() + timedelta(seconds=lead)
    _note_beginning(change, prepared, at)
    try:
        for follower in followers:
            _arm_follower(follower, node, prepared, at)
        if not node.is_host:
            device.arm(node, prepared, at)
    except (errors.RouterOSError, RouterBeingWritten, LeaseLost, NotReady):
        _call_off(change, followers)
        raise
    return lead


def _demand_all_there(followers: list[Node]) -> None:
    """Raise `NotReady` before anybody is prepared, if one is known to be away."""
    away = Node.objects.filter(pk__in=[f.pk for f in followers], router__status__is_up=False)
    if follower := away.order_by("pk").first():
        raise NotReady(f"{follower.name} is managed through this node, and away.")


def _note_beginning(change: KeyChange, prepared: Prepared, at: datetime) -> None:
    change.flips_at, change.token = at, prepared.token
    change.old_key, change.new_key = prepared.old_key, prepared.new_key
    change.has_partner = not change.node.is_host and _has_partner(change.node)
    change.save(update_fields=["flips_at", "token", "old_key", "new_key", "has_partner"])


def _call_off(change: KeyChange, followers: list[Node]) -> None:
    """Have nothing happen on those that were prepared, for it would not happen on all.

    One that cannot be told has a way back of its own, so the old keys hold in any case.
    """
    for node in (*followers, change.node):
        with suppress(errors.RouterOSError, NotReady):
            device.settle(node)
    change.token, change.new_key, change.flips_at = "", "", None
    change.save(update_fields=["token", "new_key", "flips_at"])


def _arm_follower(follower: Node, node: Node, prepared: Prepared, at: datetime) -> None:
    """Raises `NotReady` if it cannot be: it would be cut off by the change."""
    try:
        device.arm_follower(follower, node, prepared, at)
    except (errors.RouterOSError, NotReady) as exc:
        raise NotReady(
            f"{follower.name} is managed through this node, and not ready: {exc}"
        ) from exc


def followers_of(node: Node) -> list[Node]:
    """Return the routers that we reach through this node: it may not change without them."""
    if not (node.is_hub or node.is_host):
        return []
    others = Node.objects.filter(network=node.network_id, router__is_active=True)
    others = others.exclude(pk=node.pk).select_related("network", "router").order_by("pk")
    return [other for other in others if _is_reached_inside(other)]


def _is_reached_inside(node: Node) -> bool:
    """Whether we reach a node's router at its address in the network, and so through others."""
    return node.router is not None and node.router.host in (node.address, node.address6)


def _lead(followers: int) -> float:
    if not followers:
        return _LEAD
    return max(_LEAST_LEAD_WITH_FOLLOWERS, followers * _LEAD_A_FOLLOWER)


def _has_partner(node: Node) -> bool:
    """Whether somebody who will learn of the new key by himself has heard this node of late."""
    lately = Link.objects.filter(a=node, last_handshake_at__gte=timezone.now() - _PARTNER)
    ours = lately.filter(Q(b__router__isnull=False) | Q(b__is_hub=True) | Q(b__is_host=True))
    gone = Q(b__key_change__state=State.AWAY) | Q(b__router__status__is_up=False)
    return ours.exclude(gone).exists()


# Routers that ask ---------------------------------------------------------------------------------


def _makes_it_when_it_asks(node: Node) -> bool:
    """Whether a router asks us what to hold, and carries nobody else that we manage.

    Its own script may do what our account on it may not: read a private key. It tells the new one
    on another way than the tunnel, so it cannot cut itself off; but nor do others know when.
    """
    if followers_of(node):
        return False
    return Onboarding.objects.filter(node=node, polled_at__gte=timezone.now() - _ASKS).exists()


def _wait_for_its_word(change: KeyChange) -> float:
    """Wait until a router has asked, made its key and told it; and then, until it is heard."""
    node, now = change.node, timezone.now()
    if change.flips_at is None:
        change.flips_at, change.has_partner = now, _has_partner(node)
        change.save(update_fields=["flips_at", "has_partner"])
    if node.needs_key_update:
        if now < change.flips_at + _ASKS:
            return _POLL
        return _leave(change, State.AWAY, "The router has not asked what it should hold.")
    change.flips_at = node.key_updated_at
    if _is_reached_if_it_was(node) and _is_heard(change):
        return _leave(change, State.DONE)
    if now < change.flips_at + _ASKS:  # handshakes are two minutes apart
        return _POLL
    _go_back_to(change, node.public_key)
    return _leave(change, State.FAILED, _UNHEARD)


def _is_reached_if_it_was(node: Node) -> bool:
    was_reached = node.router is not None and node.router.is_online
    return not was_reached or _look(node) is not None


# After ------------------------------------------------------------------------------------------


def _watch(change: KeyChange) -> float:
    assert change.flips_at is not None
    left = (change.flips_at - timezone.now()).total_seconds()
    if left > 0:
        return left
    if change.node.public_key != change.new_key and not change.node.is_host:
        nodes.update(change.node, public_key=change.new_key)
        return _POLL  # nobody can have heard of it yet
    seen = None if change.node.is_host else _look(change.node)
    back_at = change.flips_at + timedelta(seconds=settings.RECONCILE_REVERT_SECONDS)
    now = timezone.now()
    if now < back_at - _MARGIN:
        return _settle_if_heard(change, seen)
    # A little later it is certain that the router has taken its old key again.
    if now < back_at + _MARGIN:
        return (back_at + _MARGIN - now).total_seconds()
    return _give_up(change, seen)


def _look(node: Node) -> Seen | None:
    if node.router is None:
        raise NotReady("This node is no router of ours any more.")
    try:
        seen = asking.ask(node.router, is_new=True)
    except errors.Unavailable:
        return None
    observing.keep(node.router, seen)
    return seen


def _settle_if_heard(change: KeyChange, seen: Seen | None) -> float:
    if _key_on_router(change, seen) != change.new_key or not _is_heard(change):
        return _POLL
    try:
        followers = followers_of(change.node)
        if not all(device.has_peer_key(f, change.node, change.new_key) for f in followers):
            return _POLL
        for node in followers if change.node.is_host else (*followers, change.node):
            device.settle(node)
    except errors.RouterOSError:
        return _POLL
    return _leave(change, State.DONE)


def _key_on_router(change: KeyChange, seen: Seen | None) -> str:
    if change.node.is_host:
        return change.node.public_key  # as `run_hub` says, which has it
    row = seen.interface(change.node.network) if seen else None
    return row.get("public-key", "") if row else ""


def _is_heard(change: KeyChange) -> bool:
    """Whether anybody has been sure of the node since, if there was anybody before.

    Of a router that we reach through its tunnel alone that is clear, once we do.
    """
    if not change.has_partner or _is_reached_inside(change.node):
        return True
    heard = links.newest_handshake(change.node)
    assert change.flips_at is not None
    return heard is not None and heard > change.flips_at + _ROUNDING


def _give_up(change: KeyChange, seen: Seen | None) -> float:
    """Go back to the key that the router has, which is the old one unless it says otherwise."""
    if change.node.is_host:
        _go_back_to(change, change.old_key)
        return _leave(change, State.FAILED, "Not all routers were reached by the host's new key.")
    _go_back_to(change, _key_on_router(change, seen) or change.old_key)
    if seen is None:
        return _leave(
            change, State.AWAY, "The router was not reached after it had changed its key."
        )
    return _leave(change, State.FAILED, _UNHEARD)


def _try_other_key(change: KeyChange) -> None:
    """Call a router by the other of its two keys, if an earlier change ended in the dark.

    One that we reach through its tunnel alone is reached by the right key or not at all.
    """
    node = change.node
    keys = [change.old_key, change.new_key]
    if _is_reached_inside(node) and all(keys) and node.public_key in keys:
        keys.remove(node.public_key)
        _go_back_to(change, keys[0])


def _go_back_to(change: KeyChange, key: str) -> None:
    """Have others know the node by this key, which does not count as one that it made now."""
    nodes.update(change.node, public_key=key)
    earlier = change.update.started_at - timedelta(seconds=1)
    Node.objects.filter(pk=change.node.pk).update(key_updated_at=earlier)


def _leave(change: KeyChange, state: KeyChange.State, error: str = "") -> float:
    """Let the next one have its turn; who is not done is asked again later."""
    wait = {State.AWAY: _RETRY_AWAY, State.FAILED: _RETRY_FAILED}.get(state, timedelta())
    KeyChange.objects.filter(pk=change.pk).update(
        state=state, error=storable(error, _LONGEST), token="", due_at=timezone.now() + wait
    )
    return 0.0
