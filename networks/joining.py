"""How a device comes into a network: with an access key, by somebody's hand, or to wait for one."""

from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from cloudpilot.prepared import prepared
from cloudpilot.problems import UNAUTHENTICATED
from networks import allocation, names, returning, services, wireguard
from networks.errors import DeviceTaken, TooManyWait, WrongAccessKey
from networks.models import AccessKey, Network, Node
from networks.models.key import digest_of
from routers.models import Router

_PORTS = range(1024, 65536)
_MOST_WAITING = 100
_WRONG = "This access key lets nobody in here."


class Door(Enum):
    """By what a device comes in."""

    KEY = "key"
    PEOPLE = "people"
    WAITING = "waiting"


@dataclass(frozen=True)
class Admission:
    """What lets a device in, judged before anybody reads what else it says."""

    network: Network
    door: Door
    key: AccessKey | None = None


def by_key(netid: str, key: str) -> Admission:
    """Judge an access key, and use nothing up.

    A network that takes sign-ups by hand lets the device wait. Raises `WrongAccessKey`, and is as
    silent about which networks there are.
    """
    found = _usable_keys(netid, digest_of(key), timezone.now()) if key else []
    if found:
        return Admission(found[0].network, Door.KEY, found[0])
    network = Network.objects.filter(netid=netid, company__is_active=True).first()
    if network is not None and network.allow_manual_signup:
        return Admission(network, Door.WAITING)
    raise WrongAccessKey(_WRONG if key else UNAUTHENTICATED)


@prepared
def _usable_keys(netid: Any, value_digest: Any, now: Any) -> QuerySet[AccessKey]:
    keys = AccessKey.objects.usable_at(now).select_related("network")
    return keys.filter(
        network__netid=netid, network__company__is_active=True, value_digest=value_digest
    )


def join(admission: Admission, *, password: str = "", **facts: Any) -> Node:
    """Let a device in: answers its node, with an address.

    A device that comes again with a good key is enrolled anew in its old place; see `returning`
    for what a router's key has to be. Raises `WrongAccessKey`, `NoFreeAddress`, `TooManyWait`, and
    `DeviceTaken`, `RangeOverlaps` or `HubExists` where a fact belongs to another node.
    """
    if admission.key is not None:
        returning.demand_right_to_return(admission.key, facts["mac_address"], password)
    if password:
        facts["password"] = make_password(password)  # before the lock: it is meant to be slow
    try:
        with transaction.atomic():
            network = allocation.locked(admission.network.pk)
            return _let_in(network, admission, password, facts)
    except IntegrityError as exc:
        raise DeviceTaken("Another node has this public key, or its router this port.") from exc


def _let_in(network: Network, admission: Admission, password: str, facts: dict[str, Any]) -> Node:
    known = next(iter(_nodes_of_device(network.pk, facts["mac_address"])), None)
    if known is not None and known.is_host:
        raise DeviceTaken("This is the address of the network's host.")
    if admission.key is not None:
        facts["tags"] = allocation.use(admission.key).tags
    elif known is not None:
        return _come_again(known, admission, password)
    is_pending = admission.door is Door.WAITING
    if facts.get("is_hub"):
        allocation.demand_no_other_hub(network)
    allocation.demand_free_ranges(network, facts.get("allowed_addresses", ()))
    if admission.door is Door.PEOPLE:
        facts.setdefault("router", router_known_by(network, facts["mac_address"]))
    if is_pending:
        _demand_room_to_wait(network)
    node = known or _new_node(network, facts)
    _enrol(node, facts, is_pending=is_pending)
    node.save()
    if not is_pending:
        services.changed(network, about=node)
    return node


@prepared
def _nodes_of_device(network_id: Any, mac_address: Any) -> QuerySet[Node]:
    return Node.objects.filter(network=network_id, mac_address=mac_address)


def _demand_room_to_wait(network: Network) -> None:
    if network.nodes.filter(is_pending=True).count() >= _MOST_WAITING:
        raise TooManyWait(f"{_MOST_WAITING} devices wait for approval in this network already.")


def _come_again(node: Node, admission: Admission, password: str) -> Node:
    """Answer a device that waits and asks again, and nobody else."""
    if admission.door is Door.PEOPLE:
        raise DeviceTaken("This device is in the network; change its node with PUT.")
    if not (node.is_pending and node.has_password(password)):
        raise WrongAccessKey(_WRONG)
    return node


def _new_node(network: Network, facts: dict[str, Any]) -> Node:
    router = facts.get("router")
    lease = allocation.lease(network, facts["mac_address"])
    return Node(
        network=network,
        name=f"node-{names.random_letters(5)}",
        listen_port=free_port(router, network.default_listen_port)
        if router
        else network.default_listen_port,
        interface=network.default_interface,
        keepalive=network.default_keepalive,
        sync_state=Node.Sync.PENDING if router else Node.Sync.UNMANAGED,
        **network.addresses_at(lease.number),
    )


def _enrol(node: Node, facts: dict[str, Any], *, is_pending: bool) -> None:
    """Take over what a device says of itself; what it leaves blank stays as it is."""
    is_new = node.pk is None
    now = timezone.now()
    for name, value in facts.items():
        if value not in ("", None) or name in {"endpoint", "local_address", "public_key"}:
            setattr(node, name, value)
    node.has_valid_key = wireguard.is_key(node.public_key)
    node.seen_version = node.network.version  # the answer has all of the network's settings
    node.is_pending = is_pending
    node.key_updated_at = node.modified_at = now
    node.key_update_asked_at = None
    if is_new:
        node.created_at = now
        return
    node.credential_number += 1  # the tokens of who had this place before are void
    node.seen_nodes_version = 0
    if node.has_expired(now):
        node.expires_at = None


def router_known_by(network: Network, mac_address: str) -> Router | None:
    """Return the router that this device is in another of the company's networks."""
    places = Node.objects.filter(mac_address=mac_address, router__isnull=False)
    place = places.filter(router__company=network.company_id).select_related("router").first()
    return place.router if place else None


def free_port(router: Router, first: int) -> int:
    """Return the lowest port from `first` on that no other network has on this router."""
    return free_port_among(Node.objects.filter(router=router), first)


def free_port_among(nodes: QuerySet[Node], first: int) -> int:
    """Return the lowest port from `first` on that none of these nodes has, or else one below."""
    taken = set(nodes.values_list("listen_port", flat=True))
    own = _PORTS.index(first)
    return next(port for port in chain(_PORTS[own:], _PORTS[:own]) if port not in taken)


def approve(node: Node) -> None:
    """Let a pending node in; a second call changes nothing."""
    with transaction.atomic():
        network = allocation.locked(node.network_id)
        waiting = Node.objects.filter(pk=node.pk, is_pending=True)
        if waiting.update(is_pending=False, modified_at=timezone.now()):
            services.changed(network)
