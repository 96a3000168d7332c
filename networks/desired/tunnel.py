"""A router's end of a network: its interface, its addresses, its peers and what lies behind them.

The private key is nowhere here: the router makes one with the interface, and keeps it.
"""

from collections.abc import Iterator

from networks import peering
from networks.desired.surroundings import Surroundings
from networks.models import Network, Node
from networks.peering import Peer
from routers.reconcile.rows import Desired, Value, mark

INTERFACES = "/interface/wireguard"
PEERS = "/interface/wireguard/peers"


def own_mark(network: Network, *parts: object) -> str:
    """Return the mark of a network's row on a router; without parts, of the interface.

    It says the network and not the node: a router that leaves and comes again keeps its key.
    """
    return mark("mesh", ":".join(map(str, (network.netid, *parts))))


def interface(node: Node) -> Desired:
    attributes: dict[str, Value] = {
        "name": node.interface,
        "listen-port": node.listen_port,
        "mtu": node.mtu or node.network.mtu,
        "disabled": node.is_pending,
    }
    return Desired(INTERFACES, own_mark(node.network), attributes)


def addresses(node: Node) -> Iterator[Desired]:
    prefix = node.network.range.prefixlen
    yield Desired(
        "/ip/address",
        own_mark(node.network, "address"),
        {"address": f"{node.address}/{prefix}", "interface": node.interface},
    )
    range6 = node.network.range6
    if node.address6 and range6:
        yield Desired(
            "/ipv6/address",
            own_mark(node.network, "address"),
            {
                "address": f"{node.address6}/{range6.prefixlen}",
                "interface": node.interface,
                "advertise": False,
            },
        )


def peers(node: Node, surroundings: Surroundings) -> Iterator[Desired]:
    """A row for each peer, and the routes to what lies behind it: RouterOS makes none by itself."""
    for peer in peering.peers_of(node):
        yield _peer(node, peer, surroundings)
        for range_ in surroundings.harmless(peer.routes):
            yield _route(node, range_)


def _peer(node: Node, peer: Peer, surroundings: Surroundings) -> Desired:
    host = peer.host_for(node)
    attributes: dict[str, Value] = {
        "interface": node.interface,
        "public-key": peer.public_key,
        "allowed-address": ",".join(surroundings.harmless(peer.allowed_addresses)),
        "endpoint-address": host,
        "endpoint-port": peer.listen_port if host else 0,
        "persistent-keepalive": node.keepalive,
    }
    return Desired(PEERS, own_mark(node.network, "peer", peer.pk), attributes)


def _route(node: Node, range_: str) -> Desired:
    menu = "/ipv6/route" if ":" in range_ else "/ip/route"
    attributes: dict[str, Value] = {"dst-address": range_, "gateway": node.interface}
    return Desired(menu, own_mark(node.network, "route", range_), attributes)
