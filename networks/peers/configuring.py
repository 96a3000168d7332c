"""What a plain peer needs to know, from the same peers that everybody else is told of."""

from networks import peering, wireguard
from networks.errors import KeyIsRouters, NodeWaits
from networks.models import Node
from networks.nodes import services as nodes
from networks.wireguard import Interface, Peer


def configuration_of(node: Node, *, private_key: str = "", with_names: bool = True) -> str:
    """Return the configuration that `wg-quick` and WireGuard's apps read.

    Without `private_key`, which is nobody's but the device's, it has a line to put it in. Raises
    `NodeWaits` while the node is pending.
    """
    if node.is_pending:
        raise NodeWaits(f"{node.name} waits for approval; it has no peers before.")
    own = _own_end(node, private_key)
    return wireguard.configuration(
        own, [_end_of(p, node, with_names) for p in peering.peers_of(node)]
    )


def new_keys(node: Node) -> str:
    """Give the node a new pair of keys; the private one is answered, and kept nowhere.

    Its old key is worth nothing from then on. Raises `KeyIsRouters` for those who make their own.
    """
    if node.router_id is not None or node.is_host:
        raise KeyIsRouters(f"{node.name} makes its key itself.")
    if node.is_pending:
        raise NodeWaits(f"{node.name} waits for approval.")
    private_key = wireguard.new_private_key()
    nodes.update(node, public_key=wireguard.public_key_of(private_key))
    node.refresh_from_db(fields=["public_key"])
    return private_key


def _own_end(node: Node, private_key: str) -> Interface:
    network = node.network
    addresses = zip((node.address, node.address6), (network.range, network.range6), strict=True)
    is_called = bool(node.endpoint or node.local_address)
    return Interface(
        # With the network's own prefix: so the whole of it is reached by this interface.
        [f"{address}/{range_.prefixlen}" for address, range_ in addresses if range_],
        listen_port=node.listen_port if is_called else None,
        private_key=private_key,
        mtu=node.mtu or network.mtu,
        dns=network.dns,
    )


def _end_of(peer: peering.Peer, node: Node, with_names: bool) -> Peer:
    endpoint = peer.endpoint_for(node)
    return Peer(
        peer.public_key,
        peer.allowed_addresses,
        endpoint=endpoint,
        # Whoever calls keeps the way open; who waits to be called has none to keep.
        keepalive=node.keepalive if endpoint else 0,
        name=peer.name if with_names else "",
    )
