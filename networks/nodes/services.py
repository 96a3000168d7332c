"""What becomes of a node: changed, deleted, heard from."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone

from networks import addressing, allocation, peering, services, wireguard
from networks.errors import DeviceTaken
from networks.joining import free_port
from networks.models import Lease, Network, Node
from networks.peering import Peer

# What others, or the router itself, have to hear of.
_OF_CONSEQUENCE = {
    "address", "allowed_addresses", "endpoint", "expires_at", "interface", "is_hub", "keepalive",
    "listen_port", "local_address", "mtu", "name", "public_key", "router",
}  # fmt: skip


def update(node: Node, *, password: str = "", **columns: Any) -> None:
    """Change a node.

    Raises `DeviceTaken`, `RangeOverlaps` and `HubExists` where a value belongs to another one.
    """
    if password:
        columns["password"] = make_password(password)  # before the lock: it is meant to be slow
    try:
        with transaction.atomic():
            _change(*allocation.locked_with(node), columns)
    except IntegrityError as exc:
        raise DeviceTaken(
            "Another node has this MAC address, address or public key, or its router this port."
        ) from exc


def _change(network: Network, node: Node, columns: dict[str, Any]) -> None:
    now = timezone.now()
    before = {name: getattr(node, name) for name in columns}
    if columns.get("public_key", node.public_key) != node.public_key:
        node.key_updated_at = now
    if "password" in columns:
        node.credential_number += 1
    if "mac_address" in columns:
        _rename_lease(network, node.mac_address, columns["mac_address"])
    if columns.get("is_hub"):
        allocation.demand_no_other_hub(network, node)
    allocation.demand_free_ranges(network, columns.get("allowed_addresses", ()), by=node)
    for name, value in columns.items():
        setattr(node, name, value)
    _complete(network, node, before)
    node.modified_at = now
    node.save()
    if any(before[name] != columns[name] for name in _OF_CONSEQUENCE & columns.keys()):
        reaches_further = columns.keys() & {"allowed_addresses", "is_hub"}
        services.changed(network, about=None if reaches_further else node)
        _forget(node, before.get("router"))


def _complete(network: Network, node: Node, before: dict[str, Any]) -> None:
    """Bring into line what follows from the values that were changed."""
    node.has_valid_key = wireguard.is_key(node.public_key)
    node.interface = node.interface or network.default_interface
    node.name = node.name or before["name"]
    if "address" in before and node.address != before["address"]:
        _move(network, node)
    if "router" in before and node.router != before["router"]:
        node.sync_state = Node.Sync.PENDING if node.router else Node.Sync.UNMANAGED
        node.sync_error = ""
        if node.router and "listen_port" not in before:
            node.listen_port = free_port(node.router, node.listen_port)


def _forget(node: Node, router_before: Any) -> None:
    if router_before is not None and router_before != node.router:
        services.forget(router_before)


def _rename_lease(network: Network, old: str, new: str) -> None:
    if old == new:
        return
    if Node.objects.filter(network=network, mac_address=new).exists():
        raise DeviceTaken("Another node has this MAC address.")
    Lease.objects.filter(network=network, mac_address=new).delete()
    Lease.objects.filter(network=network, mac_address=old).update(mac_address=new)
    allocation.look_from_the_start(network)


def _move(network: Network, node: Node) -> None:
    """Give a node the address that somebody chose for it."""
    try:
        number = addressing.number_of(network.range, node.address)
        columns = network.addresses_at(number)
    except ValueError as exc:
        raise DeviceTaken(str(exc)) from exc
    allocation.move(network, node.mac_address, number)
    node.address, node.address6 = str(columns["address"]), columns["address6"]


@transaction.atomic
def delete(node: Node) -> None:
    """Take a node out of its network. Its address is kept for it, should it come again."""
    network = allocation.locked(node.network_id)
    services.changed(network)  # first, so that its own router hears of it
    allocation.release(network, node.mac_address)
    Node.objects.filter(pk=node.pk).delete()


@dataclass(frozen=True)
class CheckIn:
    """What a node hears when it checks in."""

    at: datetime
    is_pending: bool
    needs_config_update: bool = False
    needs_peer_update: bool = False
    needs_delete: bool = False
    peers: tuple[Peer, ...] = ()

    @property
    def message(self) -> str:
        if self.is_pending:
            return "This node waits for approval."
        return "This node has expired, and was deleted." if self.needs_delete else ""


def check_in(node: Node) -> CheckIn:
    """Note that a node was heard from, and say what has changed for it since the last time.

    A node that has expired is deleted.
    """
    now = timezone.now()
    if node.has_expired(now):
        delete(node)
        return CheckIn(now, node.is_pending, needs_delete=True)
    # The network before the peers: what changes in between is told again, and never lost.
    network = get_object_or_404(Network, pk=node.network_id)
    with transaction.atomic():
        row = get_object_or_404(Node.objects.select_for_update(), pk=node.pk)
        found = _judged(row, network, now)
        row.last_check_in_at = now
        columns = ["last_check_in_at"]
        if not row.is_pending:
            row.last_peer_update_at = now
            row.seen_version, row.seen_nodes_version = network.version, network.nodes_version
            columns += ["last_peer_update_at", "seen_version", "seen_nodes_version"]
        row.save(update_fields=columns)
    # Not while others wait for the row, or for the whole database: there may be thousands.
    return replace(found, peers=tuple(peering.peers_of(row)))


def _judged(node: Node, network: Network, now: datetime) -> CheckIn:
    if node.is_pending:
        return CheckIn(now, is_pending=True)
    heard = node.last_check_in_at or node.created_at
    node.network = network
    return CheckIn(
        now,
        is_pending=False,
        needs_config_update=node.modified_at > heard or node.seen_version < network.version,
        needs_peer_update=node.seen_nodes_version < network.nodes_version,
    )
