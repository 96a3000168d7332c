"""Nodes whose time is up: nobody does anything at that moment, so somebody has to say it."""

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from networks import allocation, services
from networks.models import Node


def tell_of_expired() -> int:
    """Have others let go of the nodes that have expired since; answers how many those are.

    The nodes themselves stay, until they check in and hear it or somebody deletes them.
    """
    networks = _untold().values_list("network", flat=True).distinct().order_by("network")
    return sum(_tell_in(network) for network in list(networks))


@transaction.atomic
def _tell_in(network_id: int) -> int:
    network = allocation.locked(network_id)
    expired = list(_untold().filter(network=network).order_by("pk"))
    _untold().filter(pk__in=[node.pk for node in expired]).update(expiry_told=F("expires_at"))
    if expired:
        services.changed(network, about=expired[0] if len(expired) == 1 else None)
    return len(expired)


def _untold() -> QuerySet[Node]:
    expired = Node.objects.filter(expires_at__lte=timezone.now())
    return expired.exclude(expiry_told=F("expires_at"))
