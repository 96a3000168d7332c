"""In which networks the host or one of our routers is the hub: what shall be."""

from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from cloudpilot.jobs import clock
from networks import addressing, allocation, joining, services
from networks.errors import DeviceTaken, HubAway, RangeOverlaps
from networks.hub.tunnels import is_nobodys
from networks.joining import Admission, Door, free_port_among
from networks.models import HubProcess, Network, Node
from networks.nodes import services as nodes
from routers.models import Router

NAME: Final = "netmaker"  # as the page's servers call theirs
# The same in every network, so that a host that comes again has its address again.
MAC_ADDRESS: Final = "02:63:6c:6f:75:64"

_START = (
    "No process makes this host a node: start `python manage.py run_hub` there, or name one of "
    "your routers as `router`."
)


def add(network: Network, *, router: Router | None = None, endpoint: str = "") -> Node:
    """Make `router`, or else this installation's host, the network's hub."""
    if router is not None:
        return add_router(network, router, endpoint=endpoint)
    return add_host(network, endpoint=endpoint)


def add_host(network: Network, *, endpoint: str = "") -> Node:
    """Make this installation's host a node of the network, and its hub.

    A second call only says anew where it is reached. `run_hub` brings the tunnel up, and writes to
    the node how that went. Raises `HubAway`, `HubExists` and `RangeOverlaps`.
    """
    endpoint = endpoint or settings.MESH_ENDPOINT
    try:
        with transaction.atomic():
            _demand_process()
            row = allocation.locked(network.pk)
            node = row.nodes.filter(is_host=True).first()
            if node is None:
                return _new_host(row, endpoint)
    except IntegrityError as exc:
        raise DeviceTaken(f"A device has the host's MAC address {MAC_ADDRESS}.") from exc
    if endpoint != node.endpoint:
        nodes.update(node, endpoint=endpoint)
    return node


def add_router(network: Network, router: Router, *, endpoint: str = "") -> Node:
    """Make one of our routers the network's hub, and a node of it first if it is none.

    Raises `HubExists`.
    """
    node = network.nodes.filter(router=router).first()
    if node is None:
        allocation.demand_no_other_hub(network)
        by_hand = Admission(network, Door.PEOPLE)
        node = joining.join(by_hand, mac_address=_made_up_mac(router), router=router)
    nodes.update(node, is_hub=True, endpoint=endpoint or node.endpoint)
    return node


def _made_up_mac(router: Router) -> str:
    """Return an address of nobody's make for a router that has not told us its own."""
    return bytes([2, *sha256(router.public_id.encode()).digest()[:5]]).hex(":")


def remove(network: Network) -> None:
    """Take the host out of the network, and from a router the role of its hub."""
    for node in network.nodes.filter(is_hub=True):
        if node.is_host:
            nodes.delete(node)
        else:
            nodes.update(node, is_hub=False)


def _demand_process() -> HubProcess:
    """Return the process that brings tunnels up, locked, so that hosts join one after the other."""
    process = HubProcess.objects.select_for_update().first()
    if process is None or not process.is_alive(clock.now()):
        raise HubAway(_START)
    if process.problem:
        raise HubAway(f"`run_hub` on {process.host} can do nothing: {process.problem}.")
    return process


def _new_host(network: Network, endpoint: str) -> Node:
    allocation.demand_no_other_hub(network)
    demand_free_ranges(network)
    lease = allocation.lease(network, MAC_ADDRESS)
    node = Node.objects.create(
        network=network,
        mac_address=MAC_ADDRESS,
        name=NAME,
        is_host=True,
        is_hub=True,
        endpoint=endpoint,
        interface=f"nm-{network.netid}",
        listen_port=free_port_among(Node.objects.filter(is_host=True), network.default_listen_port),
        keepalive=network.default_keepalive,
        sync_state=Node.Sync.PENDING,
        **network.addresses_at(lease.number),
    )
    services.changed(network)
    return node


def demand_free_ranges(network: Network) -> None:
    """Keep networks apart that meet on the host: an address there is one node's, in one of them.

    Raises `RangeOverlaps`.
    """
    hosted = Network.objects.filter(nodes__is_host=True).exclude(pk=network.pk)
    taken = [range_ for other in hosted for range_ in other.own_ranges]
    for range_ in network.own_ranges:
        if not is_nobodys(range_):
            raise RangeOverlaps(f"{range_} belongs to others on the Internet.")
        if addressing.overlapping(range_, taken):
            raise RangeOverlaps(f"{range_} overlaps another network that this host is a node of.")
