"""What a router lets through for a network, before anything that others wrote drops it."""

from collections.abc import Iterator

from networks.desired.tunnel import own_mark
from networks.models import Gateway, Node
from routers.reconcile.rows import Desired, Value

_FILTER = "/ip/firewall/filter"
_FILTER6 = "/ipv6/firewall/filter"
_NAT = "/ip/firewall/nat"


Attributes = dict[str, Value]


def rules(node: Node) -> Iterator[Desired]:
    yield from _input(node, _FILTER, node.network.address_range)
    if node.network.is_dual_stack:
        yield from _input(node, _FILTER6, node.network.address_range6)
    if node.is_hub:
        yield _rule(node, "relay", _between(node.interface, node.interface))
    gateway = getattr(node, "gateway", None)
    if gateway is not None and gateway.found_interface:
        yield from _way_out(node, gateway)


def _input(node: Node, menu: str, range_: str) -> Iterator[Desired]:
    """Let in the tunnel, and what comes out of it: the router is managed through it."""
    accept: Attributes = {"chain": "input", "action": "accept"}
    port: Attributes = {"protocol": "udp", "dst-port": str(node.listen_port)}
    yield _rule(node, "port", accept | port, menu)
    inside: Attributes = {"in-interface": node.interface, "src-address": range_}
    yield _rule(node, "inside", accept | inside, menu)


def _way_out(node: Node, gateway: Gateway) -> Iterator[Desired]:
    out = gateway.found_interface
    yield _rule(node, "out", _between(node.interface, out))
    back = _between(out, node.interface)
    if not gateway.nat:  # hosts behind it know their way here, and may begin
        yield _rule(node, "back", back)
        return
    yield _rule(node, "back", back | {"connection-state": "established,related"})
    masquerade: Attributes = {
        "chain": "srcnat",
        "action": "masquerade",
        "src-address": node.network.address_range,
        "out-interface": out,
    }
    yield _rule(node, "nat", masquerade, _NAT)


def _between(source: str, target: str) -> Attributes:
    return {
        "chain": "forward",
        "action": "accept",
        "in-interface": source,
        "out-interface": target,
    }


def _rule(node: Node, what: str, attributes: Attributes, menu: str = _FILTER) -> Desired:
    return Desired(menu, own_mark(node.network, what), attributes, first=True)
