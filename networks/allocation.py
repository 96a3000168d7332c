"""What must not be given twice: addresses, ranges, the hub's place, and the uses of access keys.

Callers hold the lock of the network's row (`locked`), so they take turns; the tables' constraints
stand behind that.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from cloudpilot.prepared import prepared
from networks import addressing
from networks.addressing import Range
from networks.errors import (
    DeviceTaken,
    HubExists,
    NoFreeAddress,
    RangeOverlaps,
    WrongAccessKey,
)
from networks.models import AccessKey, Gateway, Lease, Network, Node

_STEP = 256


def locked(network_id: int) -> Network:
    """Return a network's row, as it is, to oneself until the transaction ends.

    Raises `Http404` if it has been deleted.
    """
    return get_object_or_404(Network.objects.select_for_update(), pk=network_id)


def locked_with(node: Node) -> tuple[Network, Node]:
    """Return a node's row and its network's, as they are, as `locked` does."""
    network = locked(node.network_id)
    return network, get_object_or_404(Node.objects.select_for_update(), pk=node.pk)


def lease(network: Network, mac_address: str) -> Lease:
    """Return the place of a device in the network: the one that it had, or else the lowest free.

    When none is free, whoever left first loses theirs. Raises `NoFreeAddress`.
    """
    own = next(iter(_leases_of_device(network.pk, mac_address)), None)
    if own is not None:
        own.released_at = None
        own.save(update_fields=["released_at"])
        return own
    number = _lowest_free(network)
    if number > last_number(network):
        number = _taken_from_who_left_first(network)
    _note_lowest_free(network, number + 1, at_least=network.lowest_free)
    return Lease.objects.create(network=network, mac_address=mac_address, number=number)


@prepared
def _leases_of_device(network_id: Any, mac_address: Any) -> QuerySet[Lease]:
    return Lease.objects.filter(network=network_id, mac_address=mac_address)


def release(network: Network, mac_address: str) -> None:
    """Say that a device has left: its place is kept for it, for as long as there are others."""
    leases = Lease.objects.filter(network=network, mac_address=mac_address, released_at=None)
    leases.update(released_at=timezone.now())


def move(network: Network, mac_address: str, number: int) -> None:
    """Give a device the place that somebody chose for it. Raises `DeviceTaken` if another has it."""
    leases = Lease.objects.filter(network=network)
    leases.filter(number=number, released_at__isnull=False).delete()
    if leases.filter(number=number).exclude(mac_address=mac_address).exists():
        raise DeviceTaken("Another node has this address.")
    leases.filter(mac_address=mac_address).update(number=number)
    look_from_the_start(network)


def look_from_the_start(network: Network) -> None:
    """Say that a place may be free below where we look for one."""
    _note_lowest_free(network, 1)


def use(key: AccessKey) -> AccessKey:
    """Count a use of a key, if it is good now; the last one deletes it. Raises `WrongAccessKey`."""
    now = timezone.now()
    row = AccessKey.objects.usable_at(now).filter(pk=key.pk)
    # What this finds to be the last, the next deletes. Without a limit, less one is still without.
    if row.exclude(uses_left=1).update(
        uses_left=F("uses_left") - 1, used=F("used") + 1, last_used_at=now
    ):
        return key
    deleted, _ = row.filter(uses_left=1).delete()
    if not deleted:
        raise WrongAccessKey("This access key lets nobody in here.")
    return key


def last_number(network: Network) -> int:
    ranges = [range_ for range_ in (network.range, network.range6) if range_]
    return min(addressing.last_number(range_) for range_ in ranges)


def demand_free_ranges(network: Network, texts: Iterable[str], *, by: Node | None = None) -> None:
    """Raise `RangeOverlaps` if the network, or a node but `by`, is reached in one of these ranges."""
    wanted = [addressing.range_of(text) for text in texts]
    if not wanted:
        return
    own = network.own_ranges
    taken = list(ranges_behind(network, but=by))
    for range_ in wanted:
        # The default route has all addresses: it stands behind all others, and beside none.
        alike = [other for other in taken if bool(other.prefixlen) == bool(range_.prefixlen)]
        if other := addressing.overlapping(range_, [*(own if range_.prefixlen else []), *alike]):
            whose = "the network's own range" if other in own else "what another node leads to"
            raise RangeOverlaps(f"{range_} overlaps {other}: {whose}.")


def ranges_behind(network: Network, *, but: Node | None = None) -> Iterator[Range]:
    """Yield what is reached at the network's nodes besides themselves."""
    pk = but.pk if but else 0
    gateways = Gateway.objects.filter(node__network=network).exclude(node=pk)
    extra = network.nodes.exclude(pk=pk).exclude(allowed_addresses=[])
    for texts in gateways.values_list("ranges", flat=True):
        yield from map(addressing.range_of, texts)
    for texts in extra.values_list("allowed_addresses", flat=True):
        yield from map(addressing.range_of, texts)


def demand_no_other_hub(network: Network, node: Node | None = None) -> None:
    """Raise `HubExists` if another node than this is the network's hub."""
    hubs = network.nodes.filter(is_hub=True).exclude(pk=node.pk if node else 0)
    if other := hubs.first():
        raise HubExists(f"{other.name} is the hub of {network.netid}: remove it first.")


def _lowest_free(network: Network) -> int:
    """Look from where all below have leases; where the run of taken numbers is long, in steps."""
    free = network.lowest_free
    while True:
        taken = [lease.number for lease in _leases_from(network.pk, free)]
        found = addressing.lowest_free(taken, free)
        if len(taken) < _STEP or found <= taken[-1]:
            return found
        free = found


@prepared
def _leases_from(network_id: Any, number: Any) -> QuerySet[Lease]:
    leases = Lease.objects.filter(network=network_id, number__gte=number).order_by("number")
    return leases.only("number")[:_STEP]


def _taken_from_who_left_first(network: Network) -> int:
    left = Lease.objects.filter(network=network, released_at__isnull=False)
    oldest = left.order_by("released_at").first()
    if oldest is None:
        raise NoFreeAddress(f"All addresses of {network.address_range} are in use.")
    oldest.delete()
    return oldest.number


def _note_lowest_free(network: Network, number: int, at_least: int = 1) -> None:
    network.lowest_free = max(number, at_least)
    Network.objects.filter(pk=network.pk).update(lowest_free=network.lowest_free)
