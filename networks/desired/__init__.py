"""What a network wants to stand on the routers among its nodes."""

from collections.abc import Iterator

from django.utils import timezone

from networks.desired import firewall, tunnel
from networks.desired.surroundings import Surroundings
from networks.models import Node
from routers.models import Router
from routers.reconcile.providers import provides
from routers.reconcile.rows import Desired


@provides("mesh")
def rows(router: Router) -> Iterator[Desired]:
    """The rows of each network that the router is in; of one that it has left or outlived, none."""
    for node in nodes_of(router):
        if not node.has_expired(timezone.now()):
            yield from _rows_of(node)


def _rows_of(node: Node) -> Iterator[Desired]:
    """Until we have looked at a router, and know what we might break, it makes itself a key alone."""
    yield tunnel.interface(node)
    surroundings = Surroundings.of(node)
    if node.is_pending or surroundings is None or surroundings.clash:
        return
    yield from tunnel.addresses(node)
    yield from tunnel.peers(node, surroundings)
    yield from firewall.rules(node)


def nodes_of(router: Router) -> list[Node]:
    nodes = Node.objects.filter(router=router).select_related("network", "gateway")
    return list(nodes.order_by("pk"))
