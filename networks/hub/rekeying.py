"""The host's own new keys.

Where routers are managed through its tunnel they have to take the key up together with the host:
`networks.keyupdate.changing` prepares them, and says in the database when. Here the host makes the
key, and changes to it at that time; and back, at the time at which they do, if it was not settled.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from networks.hub.keyring import Keyring
from networks.keyupdate.changing import followers_of
from networks.models import KeyChange, Node
from networks.wireguard import public_key_of

_THERE: Final = timedelta(minutes=3)


def turn_of(node: Node) -> KeyChange | None:
    """Return the change that the host has its turn in, of a node that was read with its change."""
    change: KeyChange | None = getattr(node, "key_change", None)
    return change if change is not None and change.state == KeyChange.State.RUNNING else None


def stage(node: Node) -> object:
    """Stand for how far the host is in its turn: when that differs there is something to do."""
    change = turn_of(node)
    return change and (change.token, change.new_key, _is_time(change, timezone.now()))


def private_key(node: Node, keys: Keyring) -> str:
    """Return the key that the host has in a network by now; of what is due for another it does all."""
    netid = node.network.netid
    if change := turn_of(node):
        return _key_in(change, keys.private_key(netid), keys.spare_key(netid))
    keys.settle(netid, node.public_key)
    if node.needs_key_update and not followers_of(node) and not _is_anyone_else_changing(node):
        keys.renew(netid)
    return keys.private_key(netid)


def _key_in(change: KeyChange, own: str, spare: str) -> str:
    if not change.token:
        waiting = KeyChange.objects.filter(pk=change.pk, state=change.state, token="")
        waiting.update(old_key=public_key_of(own), new_key=public_key_of(spare))
        return own
    is_spare = change.new_key == public_key_of(spare) and _is_time(change, timezone.now())
    return spare if is_spare else own


def _is_time(change: KeyChange, now: datetime) -> bool:
    patience = timedelta(seconds=settings.RECONCILE_REVERT_SECONDS)
    return change.flips_at is not None and change.flips_at <= now < change.flips_at + patience


def _is_anyone_else_changing(node: Node) -> bool:
    """Say whether a node that is there has yet to make a new key: the host's own comes last.

    A change of ours cuts off all peers until they hear of it; so they are to be done with theirs.
    """
    recently = timezone.now() - _THERE
    is_there = Q(last_handshake_at__gt=recently) | Q(last_check_in_at__gt=recently)
    others = node.network.nodes.awaiting_key().exclude(pk=node.pk)
    return others.filter(is_there, is_pending=False).exists()
