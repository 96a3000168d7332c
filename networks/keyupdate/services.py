"""Ask all nodes of a network for new keys, and say how far they are."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cloudpilot import jobs
from networks import allocation
from networks.keyupdate.changing import followers_of
from networks.keyupdate.rolling import note_what_others_did
from networks.models import KeyChange, KeyUpdate, Network, Node

State = KeyChange.State

# A device that has made no key for so long is not waited for before there may be another update.
_LONGEST = timedelta(days=1)
_HUB_STAYS = (
    "Routers are managed through this node, and it is no router that could change together with"
    " them: it keeps its key."
)


def start(network: Network, user: Any) -> dict[str, int]:
    """Ask every node of the network for a new key; answers how many are how far.

    Routers change one after the other. A plain peer hears of it at its next check-in. While an
    update is under way a second call goes on with that one: whom it failed with is tried at once.
    """
    with transaction.atomic():
        row = allocation.locked(network.pk)
        update = under_way(row)
        if update is None:
            update = _begin(row)
        else:
            update.changes.exclude(state=State.DONE).update(due_at=timezone.now())
        roll(row)
    network.key_update_at = row.key_update_at
    return summary(update)


def under_way(network: Network) -> KeyUpdate | None:
    """Return the update that nodes are still to have their turn in."""
    open_ = KeyUpdate.objects.filter(network=network, ended_at=None)
    update = open_.filter(started_at__gt=timezone.now() - _LONGEST).first()
    if update is None:
        return None
    note_what_others_did(update)
    has_turns = update.changes.filter(state__in=[State.QUEUED, State.RUNNING]).exists()
    return update if has_turns else None


def has_its_turn(node: Node) -> bool:
    """Whether a node is to make its new key the next time that it asks us what to hold."""
    turns = KeyChange.objects.filter(node=node, state=State.RUNNING, token="")
    return turns.filter(flips_at__isnull=False).exists() and node.needs_key_update


def latest(network: Network) -> KeyUpdate | None:
    return KeyUpdate.objects.filter(network=network).order_by("-started_at", "-pk").first()


def roll(network: Network) -> None:
    """Have the network's update go on, if there is one."""
    from networks import tasks

    jobs.enqueue(
        tasks.roll_keys,
        {"network": network.pk},
        unique=f"mesh-keys:{network.pk}",
        lock=f"mesh-keys:{network.pk}",
        company=network.company_id,
    )


def roll_all() -> int:
    """Have all updates go on that wait for something; answers how many."""
    waiting = KeyUpdate.objects.filter(ended_at=None).select_related("network")
    for update in waiting:
        roll(update.network)
    return len(waiting)


def summary(update: KeyUpdate) -> dict[str, int]:
    """Count the nodes by how far they are."""
    return count(update.changes.values_list("state", flat=True))


def count(states: Iterable[str]) -> dict[str, int]:
    counts = Counter(states)
    total = sum(counts.values())
    by_state = {str(state): counts[state] for state in State}
    return {
        "nodes": total,
        "unfinished": total - counts[State.DONE] - counts[State.KEPT],
        **by_state,
    }


def _begin(network: Network) -> KeyUpdate:
    now = timezone.now()
    KeyUpdate.objects.filter(network=network, ended_at=None).update(ended_at=now)
    update = KeyUpdate.objects.create(network=network, started_at=now)
    there = Node.objects.filter(network=network, is_pending=False).exclude(expires_at__lte=now)
    nodes = there.select_related("network").order_by("pk")
    KeyChange.objects.filter(node__network=network).delete()
    staying = [node.pk for node in _staying(nodes)]
    nodes.exclude(pk__in=staying).update(key_update_asked_at=now)
    KeyChange.objects.bulk_create([_change(update, node, staying) for node in nodes])
    network.key_update_at = now
    network.save(update_fields=["key_update_at"])
    return update


def _staying(nodes: QuerySet[Node]) -> list[Node]:
    """Return the hub if nobody could have it change together with the routers that it carries."""
    ways_in = nodes.filter(is_hub=True, is_host=False, router=None)
    return [node for node in ways_in if followers_of(node)]


def _change(update: KeyUpdate, node: Node, staying: list[int]) -> KeyChange:
    if node.pk in staying:
        return KeyChange(update=update, node=node, state=State.KEPT, error=_HUB_STAYS)
    return KeyChange(update=update, node=node)
