"""What is known of tunnels: who heard whom when, and how much went through.

Routers are asked (`networks.observing`), and the hub tells of its own; both note it here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q

from networks.models import Link, Node

_CHUNK = 500
_COLUMNS = (
    "network", "public_key", "router", "is_hub", "observed_endpoint", "last_handshake_at"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """One peer as an end shows it: the peer by its public key, bytes as that end counts them."""

    public_key: str
    last_handshake_at: datetime | None = None
    rx_bytes: int = 0
    tx_bytes: int = 0
    endpoint: str = ""  # `host:port` from which it was last heard


def note(node: Node, sightings: Iterable[Sighting], *, seen_at: datetime) -> None:
    """Keep what `node` shows of its peers: of those that it has heard.

    Keys that are no node's of its network are left out.
    """
    by_key = {s.public_key: s for s in sightings if s.last_handshake_at is not None}
    peers = Node.objects.filter(network=node.network_id, public_key__in=by_key).exclude(pk=node.pk)
    found = [(peer, by_key[peer.public_key]) for peer in peers.only(*_COLUMNS).order_by("pk")]
    _write_links(node, found, seen_at)
    _write_own(node, [sighting for _, sighting in found])
    for peer, sighting in found:
        _write_peer(peer, sighting, by_host=node.is_host)


def newest_handshake(node: Node) -> datetime | None:
    """Return when `node` and any other were last sure of each other, whichever end it was told by."""
    links = Link.objects.filter(Q(a=node) | Q(b=node))
    newest: datetime | None = links.aggregate(newest=Max("last_handshake_at"))["newest"]
    return newest


def _write_links(node: Node, found: Collection[tuple[Node, Sighting]], seen_at: datetime) -> None:
    Link.objects.bulk_create(
        [
            Link(
                network_id=node.network_id,
                a=node,
                b=peer,
                last_handshake_at=sighting.last_handshake_at,
                rx_bytes=sighting.rx_bytes,
                tx_bytes=sighting.tx_bytes,
                endpoint=sighting.endpoint,
                seen_at=seen_at,
            )
            for peer, sighting in found
        ],
        batch_size=_CHUNK,
        update_conflicts=True,
        unique_fields=["a", "b"],
        update_fields=["last_handshake_at", "rx_bytes", "tx_bytes", "endpoint", "seen_at"],
    )
    Link.objects.filter(a=node).exclude(b__in=[peer.pk for peer, _ in found]).delete()


def _write_own(node: Node, sightings: Collection[Sighting]) -> None:
    handshakes = [s.last_handshake_at for s in sightings if s.last_handshake_at]
    Node.objects.filter(pk=node.pk).update(
        last_handshake_at=max(handshakes, default=node.last_handshake_at),
        rx_bytes=sum(sighting.rx_bytes for sighting in sightings),
        tx_bytes=sum(sighting.tx_bytes for sighting in sightings),
    )


def _write_peer(peer: Node, sighting: Sighting, *, by_host: bool) -> None:
    """Keep what only its peers can tell of a node: where it calls from, and of a plain one all.

    That it hears a router this host knows, also while nobody can ask the router.
    """
    columns: dict[str, object] = {}
    if sighting.last_handshake_at and sighting.endpoint != peer.observed_endpoint:
        columns["observed_endpoint"] = sighting.endpoint
    if peer.router_id is None and not peer.is_hub and _is_news(peer, sighting):
        # What this end received, the other has sent.
        columns |= {
            "last_handshake_at": sighting.last_handshake_at,
            "rx_bytes": sighting.tx_bytes,
            "tx_bytes": sighting.rx_bytes,
        }
    elif (
        by_host
        and sighting.last_handshake_at != peer.last_handshake_at
        and _is_news(peer, sighting)
    ):
        columns["last_handshake_at"] = sighting.last_handshake_at
    if columns:
        Node.objects.filter(pk=peer.pk).update(**columns)


def _is_news(peer: Node, sighting: Sighting) -> bool:
    heard, known = sighting.last_handshake_at, peer.last_handshake_at
    return heard is not None and (known is None or heard >= known)
