"""Ranges behind nodes: a range is reached at one node alone, and never is it the network's own.

Many routers come with the same subnet. Who makes a gateway hears where it would not be reached, as
far as we have looked, and may want it all the same.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from networks import addressing, allocation, services
from networks.errors import RangeOverlaps
from networks.models import Gateway, Network, Node


@transaction.atomic
def make(
    node: Node, *, ranges: Sequence[str], interface: str, for_all: bool = False, **columns: Any
) -> None:
    """Make a node the way to these ranges, in place of what it was the way to before.

    Without ranges it is a gateway to nothing yet. Raises `RangeOverlaps`; if it is to be `for_all`,
    also where a router is in such a network itself, and so could not reach the one behind it.
    """
    network, node = allocation.locked_with(node)
    allocation.demand_free_ranges(network, ranges, by=node)
    if for_all:
        _demand_nobody_there(network, node, ranges)
    if not Gateway.objects.filter(node=node, interface=interface).exists():
        columns["found_interface"] = ""  # until the router was looked at again
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


def _demand_nobody_there(network: Network, node: Node, texts: Sequence[str]) -> None:
    ranges = [range_ for range_ in map(addressing.range_of, texts) if range_.prefixlen]
    routers = network.nodes.filter(router__isnull=False).exclude(pk=node.pk).exclude(subnets=[])
    for name, subnets in routers.order_by("pk").values_list("name", "subnets"):
        for subnet in map(addressing.range_of, subnets):
            if range_ := addressing.overlapping(subnet, ranges):
                raise RangeOverlaps(
                    f"{name} is in {subnet} itself, and could not reach {range_} here. Send force to"
                    " have it for the others."
                )


def _note_change(network: Network, node: Node) -> None:
    Node.objects.filter(pk=node.pk).update(modified_at=timezone.now())
    services.changed(network)
