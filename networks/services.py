"""What follows from a change, whoever makes it: say it here, once, and all hear of it."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from networks.models import Gateway, Network, Node
from routers.models import Router
from routers.reconcile import services as reconcile


def changed(
    network: Network, *, nodes: Iterable[Node] | None = None, about: Node | None = None
) -> None:
    """Say that others see a network's nodes differently than before.

    Call it in the transaction of the change. Check-ins tell plain peers from then on, and the
    routers among the nodes get a pass: all of them, or with `nodes` those alone, where nobody else
    is concerned. If the change is `about` one node only, those that have it as a peer.
    """
    with transaction.atomic(savepoint=False):
        network.nodes_modified_at = timezone.now()
        Network.objects.filter(pk=network.pk).update(
            nodes_modified_at=network.nodes_modified_at, nodes_version=F("nodes_version") + 1
        )
        concerned = Node.objects.filter(network=network, router__isnull=False)
        if nodes is not None:
            concerned = concerned.filter(pk__in=[node.pk for node in nodes])
        elif about is not None and _is_the_hubs_alone(network, about):
            concerned = concerned.filter(Q(pk=about.pk) | Q(is_hub=True))
        routers = list(concerned.values_list("router_id", flat=True))
        if routers:
            concerned.update(sync_state=Node.Sync.PENDING)
            reconcile.mark_dirty([router for router in routers if router is not None])


def _is_the_hubs_alone(network: Network, node: Node) -> bool:
    """Whether nobody but the hub has this node as a peer, or a way to what is behind it."""
    if network.topology != Network.Topology.HUB or node.is_hub or node.allowed_addresses:
        return False
    return not Gateway.objects.filter(node=node).exists()


def forget(router: Router) -> None:
    """Say that a router has left a network: it gives up what it holds for it."""
    reconcile.mark_dirty([router.pk])
