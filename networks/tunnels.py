"""Which routers this host reaches through a network that is their company's own."""

from django.db.models import F, Q
from django.utils import timezone

from networks.models import Node
from routers import tunnels


@tunnels.rule
def is_at_the_end(router_id: int, address: str) -> bool:
    """Say whether a router is a node at this address, in a network that this host is up in.

    Two networks that this host is in have no address in common, and while its tunnel is up the
    host's own routes send such an address nowhere else.
    """
    nodes = Node.objects.connected(timezone.now()).filter(
        Q(address=address) | Q(address6=address),
        router=router_id,
        network__company=F("router__company"),
    )
    hosts = Node.objects.filter(is_host=True, sync_state=Node.Sync.OK)
    return nodes.filter(network__in=hosts.values("network")).exists()
