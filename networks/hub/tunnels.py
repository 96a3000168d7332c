"""What the host shall have for a network, and what was seen there. Pure: knows no Django, no table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_interface, ip_network
from typing import Final

from networks import addressing
from networks.addressing import Range
from networks.wireguard import Peer

# What no one else on the Internet has: a network with other addresses would take them from the host.
_NOBODYS: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
# Beyond what people number by hand, and `wg-quick` by itself.
_FIRST_TABLE: Final = 1_000_000
_KNOCK_SECONDS: Final = 25


@dataclass(frozen=True, slots=True)
class Tunnel:
    """An interface of the host, with all that belongs to it."""

    netid: str
    addresses: tuple[str, ...]  # with their prefixes
    listen_port: int
    mtu: int
    peers: tuple[Peer, ...]

    @property
    def interface(self) -> str:
        """Its name: never one that a network's people choose, as the host has others."""
        return f"nm-{self.netid}"

    @property
    def table(self) -> int:
        """The number of the routing table for what comes out of it; no two have the same port."""
        return _FIRST_TABLE + self.listen_port

    @property
    def ranges(self) -> list[Range]:
        return [ip_interface(text).network for text in self.addresses]

    def routes(self) -> list[Range]:
        """Return where what comes out of the tunnel may go: into it again, and nowhere else."""
        beyond = (addressing.range_of(text) for p in self.peers for text in p.allowed_addresses)
        own = self.ranges
        return [*own, *dict.fromkeys(r for r in beyond if not _lies_in(r, own))]


def _lies_in(range_: Range, others: Iterable[Range]) -> bool:
    # The first has as many addresses as both, if they have any in common and it is not larger.
    found = addressing.overlapping(range_, others)
    return found is not None and found.prefixlen <= range_.prefixlen


def is_nobodys(range_: Range) -> bool:
    """Say whether these addresses belong to nobody on the Internet."""
    return _lies_in(range_, _NOBODYS)


@dataclass(frozen=True, slots=True)
class SeenPeer:
    """A peer as an interface has it."""

    public_key: str
    allowed_addresses: frozenset[str]
    endpoint: str  # where it was last heard from, or an empty text
    handshake_at: int  # Unix seconds; 0: never
    rx_bytes: int
    tx_bytes: int
    keepalive: int


@dataclass(frozen=True, slots=True)
class SeenInterface:
    public_key: str
    listen_port: int
    peers: dict[str, SeenPeer]


def read_dump(text: str) -> SeenInterface:
    """Read what `wg show <interface> dump` prints. Its first column is a secret, and left there."""
    first, *rest = text.splitlines()
    _, public_key, port, _ = first.split("\t")
    peers = {peer.public_key: peer for peer in map(_seen_peer, rest)}
    return SeenInterface("" if public_key == _NOTHING else public_key, int(port), peers)


_NOTHING = "(none)"


def _seen_peer(line: str) -> SeenPeer:
    key, _, endpoint, allowed, handshake, rx, tx, keepalive = line.split("\t")
    return SeenPeer(
        public_key=key,
        allowed_addresses=frozenset() if allowed == _NOTHING else frozenset(allowed.split(",")),
        endpoint="" if endpoint == _NOTHING else endpoint,
        handshake_at=int(handshake),
        rx_bytes=int(rx),
        tx_bytes=int(tx),
        keepalive=0 if keepalive == "off" else int(keepalive),
    )


def changed_peers(wanted: Iterable[Peer], seen: dict[str, SeenPeer]) -> Iterator[Peer]:
    """Return the peers that an interface lacks, or has otherwise.

    Where a peer is called is told only of one that is new: of the others the interface knows it
    better, for they may have moved since. One that can be called at once is called at once: with
    keepalives, which the next look at the interface finds to be too many, and ends.
    """
    for peer in wanted:
        found = seen.get(peer.public_key)
        if found is None:
            knock = _KNOCK_SECONDS if peer.endpoint else 0
            yield replace(peer, keepalive=peer.keepalive or knock)
        elif (found.allowed_addresses, found.keepalive) != (
            frozenset(peer.allowed_addresses),
            peer.keepalive,
        ):
            yield replace(peer, endpoint="")


def for_wg(peers: Iterable[Peer]) -> str:
    """Return peers as `wg addconf` reads them: each line says what shall be, also that it be none."""
    return "\n".join(
        f"[Peer]\nPublicKey = {peer.public_key}\n"
        f"AllowedIPs = {', '.join(peer.allowed_addresses)}\n"
        f"PersistentKeepalive = {peer.keepalive or 'off'}\n"
        + (f"Endpoint = {peer.endpoint}\n" if peer.endpoint else "")
        for peer in peers
    )
