"""Ranges behind nodes: a range is reached at one node alone, and never is it the network's own."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from networks import allocation, services
from networks.models import Gateway, Network, Node


@transaction.atomic
def make(node: Node, *, ranges: Sequence[str], interface: str, **columns: Any) -> None:
    """Make a node the way to these ranges, in place of what it was the way to before.

    Without ranges it is a gateway to nothing yet. Raises `RangeOverlaps`.
    """
    network, node = allocation.locked_with(node)
    allocation.demand_free_ranges(network, ranges, by=node)
    Gateway.objects.update_or_create(
        node=node, defaults={"ranges": list(ranges), "interface": interface, **columns}
    )
    _note_change(network, node)


@transaction.atomic
def unmake(node: Node) -> None:
    """Let a node be no gateway; a second call changes nothing."""
    network = allocation.locked(node.network_id)
    deleted, _ = Gateway.objects.filter(node=node).delete()
    if deleted:
        _note_change(network, node)


def _note_change(network: Network, node: Node) -> None:
    Node.objects.filter(pk=node.pk).update(modified_at=timezone.now())
    services.changed(network)
