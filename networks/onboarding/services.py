"""A router that has joined by our script becomes one that we manage through the tunnel."""

import secrets

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone

from networks import allocation, joining, services
from networks.errors import DeviceTaken
from networks.models import Node, Onboarding
from networks.observing import services as observing
from networks.observing.asking import Seen
from networks.onboarding import texts
from routers.fleet import sweeps
from routers.models import Router
from routers.routeros import Transport
from users.models import Company

_API_PORT = 8728
_NOBODYS_NAME = "MikroTik"  # what a router is called until somebody calls it something


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
    name = identity if identity not in ("", _NOBODYS_NAME) else ""
    try:
        with transaction.atomic():
            # First: a device may come into two networks of a company at once, and is one router.
            Company.objects.select_for_update().get(pk=node.network.company_id)
            allocation.locked(node.network_id)
            row = _locked(node)
            known = row.router or joining.router_known_by(row.network, row.mac_address)
            router = known or Router(company=row.network.company)
            is_ours = _may_point(router, row)
            if is_ours:
                _point(router, row, password, apiport, name)
            _attach(row, router)
            _begin(row, version=routeros, board=board)
            services.changed(row.network, nodes=[row])
    except IntegrityError as exc:
        raise DeviceTaken("Another node has become this router just now: try again.") from exc
    observing.keep(router, seen)  # so that it hears at once what does not get into its way
    return (texts.account(row, password) if is_ours else "") + texts.asking(row)


def _locked(node: Node) -> Node:
    rows = Node.objects.select_related("network__company", "router")
    return get_object_or_404(rows.select_for_update(of=("self",)), pk=node.pk)


def _attach(node: Node, router: Router) -> None:
    if node.router_id != router.pk:
        node.router, node.listen_port = router, joining.free_port(router, node.listen_port)
    node.sync_state = Node.Sync.PENDING
    node.save(update_fields=["router", "listen_port", "sync_state"])


def _begin(node: Node, *, version: str, board: str) -> None:
    """Note that the router begins, or begins anew: nothing is known of what it holds."""
    Onboarding.objects.filter(node=node).delete()
    Onboarding.objects.create(node=node, fetched_at=timezone.now(), version=version, board=board)


def _may_point(router: Router, node: Node) -> bool:
    """Whether a router's address and account are ours to decide: it has none, or none that works."""
    is_ours = router.pk is None or router.host in (node.address, node.address6)
    return is_ours or not router.is_online


def _point(router: Router, node: Node, password: str, port: int, name: str) -> None:
    router.name = router.name or name or f"{node.network.netid} {node.mac_address}"
    router.host, router.port = node.address, port
    router.username, router.password = texts.USERNAME, password
    router.use_https, router.chosen_transport, router.tls_fingerprint = False, Transport.API, ""
    router.is_online = False
    router.save()
    sweeps.look_anew(router)
