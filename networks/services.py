"""What follows from a change, whoever makes it: say it here, once, and all hear of it."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from networks.models import Network, Node
from routers.models import Router
from routers.reconcile import services as reconcile


def changed(network: Network, *, nodes: Iterable[Node] | None = None) -> None:
    """Say that others see a network's nodes differently than before.

    Call it in the transaction of the change. Check-ins tell plain peers from then on, and the
    routers among the nodes get a pass: all of them, or with `nodes` those alone, where nobody else
    is concerned.
    """
    with transaction.atomic():
        network.nodes_modified_at = timezone.now()
        Network.objects.filter(pk=network.pk).update(
            nodes_modified_at=network.nodes_modified_at, nodes_version=F("nodes_version") + 1
        )
        concerned = Node.objects.filter(network=network, router__isnull=False)
        if nodes is not None:
            concerned = concerned.filter(pk__in=[node.pk for node in nodes])
        routers = list(concerned.values_list("router_id", flat=True))
        if routers:
            concerned.update(sync_state=Node.Sync.PENDING)
            reconcile.mark_dirty([router for router in routers if router is not None])


def forget(router: Router) -> None:
    """Say that a router has left a network: it gives up what it holds for it."""
    reconcile.mark_dirty([router.pk])
