"""A router that has joined by our script becomes one that we manage through the tunnel."""

import secrets

from django.db import transaction
from django.utils import timezone

from networks import allocation, services
from networks.models import Node, Onboarding
from networks.observing import services as observing
from networks.observing.asking import Seen
from networks.onboarding import texts
from routers.fleet import sweeps
from routers.models import Router
from routers.routeros import Transport

_API_PORT = 8728


def take_in(
    node: Node,
    *,
    seen: Seen,
    identity: str = "",
    routeros: str = "",
    board: str = "",
    apiport: int = _API_PORT,
) -> str:
    """Make a node's device a router of its network's company, reached at its mesh address.

    Answers the script that makes an account on it and has it ask what to hold. Each time there is
    a new password, so whoever pastes the line again begins anew. A router that we reach already,
    by an address that people gave it, is reached there as before, by their account.
    """
    password = secrets.token_urlsafe(24)
    with transaction.atomic():
        network = allocation.locked(node.network_id)
        row = Node.objects.select_for_update().get(pk=node.pk)
        router = row.router or _known_device(row) or Router(company=network.company)
        is_ours = _may_point(router, row)
        if is_ours:
            _point(router, row, password, apiport, identity or f"{network.netid} {row.mac_address}")
        row.router = router
        row.sync_state = Node.Sync.PENDING
        row.save(update_fields=["router", "sync_state"])
        Onboarding.objects.update_or_create(
            node=row,
            defaults={
                "fetched_at": timezone.now(),
                "version": routeros,
                "board": board,
                "held_version": "",
                "held_rows": {},
                "whole_at": None,
                "failed": [],
            },
        )
        services.changed(network, nodes=[row])
    observing.keep(router, seen)  # so that it hears at once what does not get into its way
    return (texts.account(row, password) if is_ours else "") + texts.asking(row)


def _known_device(node: Node) -> Router | None:
    """Return the router that this device is in another of the company's networks."""
    others = Node.objects.filter(mac_address=node.mac_address, router__isnull=False)
    other = others.filter(router__company=node.network.company_id).first()
    return other.router if other else None


def _may_point(router: Router, node: Node) -> bool:
    """Whether a router's address and account are ours to decide: it has none, or none that works."""
    is_ours = router.pk is None or router.host in (node.address, node.address6)
    return is_ours or not router.is_online


def _point(router: Router, node: Node, password: str, port: int, name: str) -> None:
    router.name = router.name or name
    router.host, router.port = node.address, port
    router.username, router.password = texts.USERNAME, password
    router.use_https, router.chosen_transport, router.tls_fingerprint = False, Transport.API, ""
    router.is_online = False
    router.save()
    sweeps.look_anew(router)
