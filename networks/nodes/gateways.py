"""Ranges behind nodes: a range is reached at one node alone, and never is it the network's own."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from networks import addressing, allocation, services
from networks.addressing import Range
from networks.errors import RangeOverlaps
from networks.models import Gateway, Network, Node


@transaction.atomic
def make(node: Node, *, ranges: Sequence[str], interface: str, **columns: Any) -> None:
    """Make a node the way to these ranges, in place of what it was the way to before.

    Without ranges it is a gateway to nothing yet. Raises `RangeOverlaps`.
    """
    network = allocation.locked(node.network_id)
    for text in ranges:
        _demand_free(network, node, addressing.range_of(text))
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


def _demand_free(network: Network, node: Node, range_: Range) -> None:
    # All addresses are in the default route's range: it stands behind all others, and beside none.
    own = [addressing.range_of(text) for text in network.ranges] if range_.prefixlen else []
    taken = [r for r in _others(network, node) if bool(r.prefixlen) == bool(range_.prefixlen)]
    if other := addressing.overlapping(range_, [*own, *taken]):
        whose = "the network's own range" if other in own else "what another node leads to"
        raise RangeOverlaps(f"{range_} overlaps {other}: {whose}.")


def _others(network: Network, node: Node) -> Iterator[Range]:
    gateways = Gateway.objects.filter(node__network=network).exclude(node=node)
    extra = network.nodes.exclude(pk=node.pk).exclude(allowed_addresses=[])
    for texts in gateways.values_list("ranges", flat=True):
        yield from map(addressing.range_of, texts)
    for texts in extra.values_list("allowed_addresses", flat=True):
        yield from map(addressing.range_of, texts)
