"""Keep what a router shows, and do what follows from it."""

from collections.abc import Iterator

from django.utils import timezone

from networks import addressing, links, peering, services, wireguard
from networks.addressing import Range
from networks.desired import nodes_of
from networks.desired.surroundings import Surroundings
from networks.errors import DeviceTaken, RangeOverlaps
from networks.models import Gateway, KeyChange, Network, Node
from networks.nodes import gateways, subnets
from networks.nodes import services as nodes
from networks.observing import asking
from networks.observing.asking import Seen
from routers.models import Router


def look_at(router: Router) -> dict[int, list[str]]:
    """Ask a router that is in networks; answers what is wrong there, by node.

    Peers that were heard before are left to the sweep. Raises `routeros.errors.Unavailable`.
    """
    nodes = nodes_of(router)
    if not nodes:
        return {}
    is_new = any(node.last_handshake_at is None for node in nodes)
    return keep(router, asking.ask(router, peers=is_new))


def keep(router: Router, seen: Seen) -> dict[int, list[str]]:
    """Keep what was seen of each node of a router; answers what is wrong there, by node."""
    return {node.pk: list(_keep(node, seen)) for node in nodes_of(router)}


def _keep(node: Node, seen: Seen) -> Iterator[str]:
    yield from _note_key(node, seen)
    _note_surroundings(node, seen)
    yield from _note_gateway(node, seen)
    interface = seen.interface(node.network)
    if interface is not None and seen.peers is not None and not node.is_pending:
        links.note(node, seen.sightings(interface.get("name", "")), seen_at=seen.at)
    yield from _worries(node)


def _note_key(node: Node, seen: Seen) -> Iterator[str]:
    """Take over the public key that the router's interface has; what it is in fact counts."""
    interface = seen.interface(node.network)
    key = interface.get("public-key", "") if interface else ""
    if key == node.public_key or not wireguard.is_key(key) or _is_changing(node):
        return
    try:
        nodes.update(node, public_key=key)
    except DeviceTaken:
        yield "Another node has the public key of this router's interface."
    node.refresh_from_db()


def _is_changing(node: Node) -> bool:
    """Whether a key update has the node in hand, and knows better which key is to count."""
    running = KeyChange.objects.filter(node=node, state=KeyChange.State.RUNNING)
    return running.exclude(token="").exists()


def _note_surroundings(node: Node, seen: Seen) -> None:
    found = seen.subnets(without=node.interface)
    known = sorted({str(range_) for range_ in _ranges(found)})
    is_news = node.looked_at is None or known != node.subnets
    node.looked_at, node.subnets = timezone.now(), known
    node.save(update_fields=["looked_at", "subnets"])
    if is_news:
        services.changed(node.network, nodes=[node])


def _note_gateway(node: Node, seen: Seen) -> Iterator[str]:
    gateway = getattr(node, "gateway", None)
    if gateway is None:
        return
    name = subnets.resolved(gateway.interface, seen.names)
    found = name if name in seen.names else ""
    if found != gateway.found_interface:
        Gateway.objects.filter(pk=gateway.pk).update(found_interface=found)
        services.changed(node.network, nodes=[node])
    if not found:
        yield f"The router has no interface {gateway.interface}: nothing goes out there."
    elif not gateway.ranges:
        yield from _derive(node, gateway, _ranges(seen.subnets_of(found)))


def _derive(node: Node, gateway: Gateway, ranges: list[Range]) -> Iterator[str]:
    """Have a gateway that was made without a range lead to what its interface is in."""
    if not ranges:
        yield f"{gateway.found_interface or gateway.interface} has no subnet to lead to."
        return
    texts = sorted({str(range_) for range_ in ranges})
    try:
        gateways.make(node, ranges=texts, interface=gateway.interface)
    except RangeOverlaps as exc:
        yield f"This gateway leads nowhere yet. {exc}"


def _worries(node: Node) -> Iterator[str]:
    """Yield what we keep from the router, for its own good."""
    surroundings = Surroundings.of(node)
    if surroundings is None or node.is_pending:
        return
    if surroundings.clash:
        yield (
            f"The router is in {surroundings.clash} already, which the network's own range"
            " overlaps: it gets no address in the network, and no peers."
        )
        return
    if not _has_ranges(node.network):
        return
    for peer in peering.peers_of(node):
        for _, why in surroundings.refusals(peer.routes):
            yield f"What is behind {peer.name} is not reached from here: {why}"


def _has_ranges(network: Network) -> bool:
    """Whether there is anything to be reached at nodes but themselves."""
    extra = network.nodes.exclude(allowed_addresses=[])
    return Gateway.objects.filter(node__network=network).exists() or extra.exists()


def _ranges(texts: list[str]) -> list[Range]:
    """Read a router's addresses as the subnets that they are in; what is unreadable is left out."""
    found = []
    for text in texts:
        try:
            found.append(addressing.range_of(text))
        except ValueError:
            continue
    return [range_ for range_ in found if not (range_.is_link_local or range_.is_loopback)]
