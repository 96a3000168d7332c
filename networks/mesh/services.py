"""What becomes of a network: made with what its owner leaves out, changed under its nodes, gone."""

from ipaddress import IPv6Address
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from networks import addressing, allocation, services
from networks.errors import (
    DisplayNameTaken,
    NetidTaken,
    NetworkHasNodes,
    NoFreeRange,
    RangeOverlaps,
)
from networks.hub import membership
from networks.models import Lease, Network, Node
from users.models import Company

_TRIES = 20


def create(company: Company, **columns: Any) -> Network:
    """Make a network; what the caller leaves open is chosen.

    Raises `NetidTaken`, `DisplayNameTaken` and `NoFreeRange`.
    """
    netid = columns["netid"]
    columns["display_name"] = columns.get("display_name") or netid
    columns["default_interface"] = columns.get("default_interface") or f"nm-{netid}"
    if columns.get("is_dual_stack") and not columns.get("address_range6"):
        columns["address_range6"] = str(addressing.random_local_range())
    if columns.get("address_range"):
        return _insert(company, **columns)
    return _with_picked_range(company, **columns)


def _with_picked_range(company: Company, **columns: Any) -> Network:
    """Try free ranges until one is not another's who picked it at the same time."""
    columns.pop("address_range", None)
    for _ in range(_TRIES):
        try:
            return _insert(company, address_range=_free_range(), was_picked=True, **columns)
        except IntegrityError:
            continue
    raise NoFreeRange("No range is free for this network; name one.")


def _insert(company: Company, **columns: Any) -> Network:
    now = timezone.now()
    stamps = ("created_at", "modified_at", "nodes_modified_at", "key_update_at")
    try:
        with transaction.atomic():
            return Network.objects.create(company=company, **columns, **dict.fromkeys(stamps, now))
    except IntegrityError as exc:
        if Network.objects.filter(netid=columns["netid"]).exists():
            raise NetidTaken("There is a network with this netid already.") from exc
        _refuse_name(company, columns["display_name"], exc)
        raise


def _refuse_name(company: Company, name: str, exc: IntegrityError, own: int = 0) -> None:
    """Raise `DisplayNameTaken` if that is why the database refused."""
    others = Network.objects.filter(company=company, display_name=name).exclude(pk=own)
    if name and others.exists():
        raise DisplayNameTaken("Another of your networks has this name.") from exc


def _free_range() -> str:
    used = [
        addressing.range_of(text)
        for text in Network.objects.values_list("address_range", flat=True)
    ]
    pool = addressing.range_of(settings.MESH_POOL)
    free = addressing.free_range(pool, settings.MESH_POOL_PREFIX, used)
    if free is None:
        raise NoFreeRange("All ranges that we choose from are in use; name one.")
    return str(free)


def update(network: Network, **columns: Any) -> None:
    """Change a network's settings; new ranges give every node another address.

    Raises `DisplayNameTaken`, `RangeOverlaps`, or `NoFreeAddress` if the nodes do not fit.
    """
    try:
        with transaction.atomic():
            _change(allocation.locked(network.pk), columns)
    except IntegrityError as exc:
        _refuse_name(network.company, columns.get("display_name", ""), exc, own=network.pk)
        raise


def _change(network: Network, columns: dict[str, Any]) -> None:
    before = network.ranges
    _complete(network, columns)
    for name, value in columns.items():
        setattr(network, name, value)
    network.was_picked = network.was_picked and network.address_range == before[0]
    network.modified_at = timezone.now()
    network.save()
    Network.objects.filter(pk=network.pk).update(version=F("version") + 1)
    if network.ranges != before:
        _demand_apart(network)
        if network.nodes.filter(is_host=True).exists():
            membership.demand_free_ranges(network)
        _move_nodes(network)
    services.changed(network)


def _complete(network: Network, columns: dict[str, Any]) -> None:
    """Blank ranges stay what they are, and a second family that has none yet gets one."""
    for name in ("address_range", "address_range6"):
        if not columns.get(name, True):
            del columns[name]
    is_dual = columns.get("is_dual_stack", network.is_dual_stack)
    if is_dual and not columns.get("address_range6", network.address_range6):
        columns["address_range6"] = str(addressing.random_local_range())


def _demand_apart(network: Network) -> None:
    own = network.own_ranges
    for other in allocation.ranges_behind(network):
        if other.prefixlen and addressing.overlapping(other, own):
            raise RangeOverlaps(f"{other} lies behind a node of this network.")


def _move_nodes(network: Network) -> None:
    """Give every node the address of its number in the new range; who does not fit, a lower one."""
    _bring_into_range(network)
    numbers = dict(network.leases.values_list("mac_address", "number"))
    nodes = list(network.nodes.only("pk", "mac_address"))
    # The ranges may overlap: first of all nobody has an address that another is to get.
    for node in nodes:
        node.address, node.address6 = str(IPv6Address((0x100 << 112) | node.pk)), None
    Node.objects.bulk_update(nodes, ["address", "address6"], batch_size=200)
    for node in nodes:
        for name, value in network.addresses_at(numbers[node.mac_address]).items():
            setattr(node, name, value)
    Node.objects.bulk_update(nodes, ["address", "address6"], batch_size=200)


def _bring_into_range(network: Network) -> None:
    last = allocation.last_number(network)
    beyond = Lease.objects.filter(network=network, number__gt=last)
    beyond.exclude(mac_address__in=network.nodes.values("mac_address")).delete()
    for lease in list(beyond):
        lease.delete()
        allocation.lease(network, lease.mac_address)


@transaction.atomic
def delete(network_id: int, *, force: bool = False) -> None:
    """Delete a network and all that is in it; with nodes only by `force`.

    Raises `NetworkHasNodes`.
    """
    network = allocation.locked(network_id)
    if not force and network.nodes.exists():
        raise NetworkHasNodes("Node check failed: delete its nodes first, or add force=true.")
    services.changed(network)  # so that its routers give up what they hold for it
    network.delete()
