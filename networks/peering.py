"""Who is whose peer, and which addresses are reached at whom.

The answer is the same for a router's rows, for a plain peer's configuration, at a check-in and on
the map: nobody else decides it.
"""

from collections.abc import Iterable
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from networks import wireguard
from networks.models import Gateway, Network, Node
from networks.querysets import NodeQuerySet


class Peer(NamedTuple):
    """A node as others see it.

    `allowed_addresses` is what they reach at it, `routes` what of it needs a route of its own: the
    addresses of nodes lie in the network's range, which everybody's interface covers.
    """

    pk: int
    name: str
    mac_address: str
    public_key: str
    address: str
    address6: str | None
    endpoint: str
    local_address: str
    listen_port: int
    is_hub: bool
    allowed_addresses: tuple[str, ...]
    routes: tuple[str, ...]
    gateway_ranges: tuple[str, ...]

    def host_for(self, own: Node) -> str:
        """Return the host at which `own` calls this peer; empty if it can only wait to be called.

        Two behind one public address meet on their local ones, if they say what those are.
        """
        is_neighbour = self.endpoint == own.endpoint and self.local_address and own.local_address
        if self.endpoint and is_neighbour and self.local_address != own.local_address:
            return self.local_address
        return self.endpoint

    def endpoint_for(self, own: Node) -> str:
        """Return `host:port` at which `own` calls this peer, or an empty text."""
        host = self.host_for(own)
        return wireguard.host_and_port(host, self.listen_port) if host else ""


_COLUMNS = (
    "pk", "name", "mac_address", "public_key", "address", "address6", "endpoint", "local_address",
    "listen_port", "is_hub",
)  # fmt: skip


def peers_of(node: Node) -> list[Peer]:
    """Return the peers that `node` should have, oldest first; none while it is pending or expired.

    In a mesh these are all the others; two that nobody can call reach each other by the hub, if
    there is one. In a star a node has its hub alone, and the hub has them all.
    """
    if node.is_pending or node.has_expired(timezone.now()):
        return []
    others = _connected(node.network).exclude(pk=node.pk)
    if node.network.topology == Network.Topology.HUB and not node.is_hub:
        return _the_hub_for_all(node.network, others)
    peers = _read(others)
    hub = next((peer for peer in peers if peer.is_hub), None)
    if hub is None or node.is_hub or node.endpoint:
        return peers
    return _with_hub_between(node, hub, peers)


def members(network: Network) -> list[Peer]:
    """Return the nodes of a network that are peers of others. Three queries, however many."""
    return _read(_connected(network))


def _connected(network: Network) -> NodeQuerySet:
    nodes: NodeQuerySet = network.nodes.connected(timezone.now())
    return nodes.order_by("pk")


def _read(nodes: NodeQuerySet) -> list[Peer]:
    gateways = Gateway.objects.filter(node__in=nodes.order_by()).values_list("node", "ranges")
    # Few have any, and of thousands each would be read from JSON.
    more = nodes.exclude(allowed_addresses=[]).values_list("pk", "allowed_addresses")
    behind, extra = dict(gateways), dict(more)
    rows = nodes.values_list(*_COLUMNS)
    return [_peer(row, extra.get(row[0], ()), behind.get(row[0], ())) for row in rows]


def _peer(columns: Any, extra: Iterable[str], gateway_ranges: Iterable[str]) -> Peer:
    address, address6 = columns[4:6]
    own = (f"{address}/32", f"{address6}/128") if address6 else (f"{address}/32",)
    routes = (*extra, *gateway_ranges)
    return Peer._make((*columns, own + routes, routes, tuple(gateway_ranges)))


def _the_hub_for_all(network: Network, others: NodeQuerySet) -> list[Peer]:
    """Return the hub of a star, by which all that is behind the others is reached too.

    Of the others only those are read that have something behind them.
    """
    has_more = Q(gateway__isnull=False) | ~Q(allowed_addresses=[])
    peers = _read(others.filter(Q(is_hub=True) | has_more))
    routes = _all_of(*(peer.routes for peer in peers))
    allowed = (*network.ranges, *routes)
    hubs = (peer for peer in peers if peer.is_hub)
    return [hub._replace(allowed_addresses=allowed, routes=routes) for hub in islice(hubs, 1)]


def _with_hub_between(node: Node, hub: Peer, others: list[Peer]) -> list[Peer]:
    """Let `node`, which nobody can call, reach by the hub whomever it cannot call either."""
    direct = [peer for peer in others if peer.host_for(node) and peer is not hub]
    beyond = [peer for peer in others if not peer.host_for(node) and peer is not hub]
    between = hub._replace(
        allowed_addresses=_all_of(hub.allowed_addresses, *(p.allowed_addresses for p in beyond)),
        routes=_all_of(hub.routes, *(peer.routes for peer in beyond)),
    )
    return [between, *direct]


def _all_of(*texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(texts)))
