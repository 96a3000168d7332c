"""Handshakes between the simulated routers of one process.

Two ends meet if each has the other's public key on an enabled interface, both have the same
preshared key, and one of them has an endpoint at which the other is reached: its `public_address`
and the port that its interface listens on. A router without one is behind NAT and can only call.

What is shown is worked out when somebody looks: handshakes come every two minutes from the first
look on that finds both ends right, and after an end is gone the last one grows old.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router

INTERFACES = "/interface/wireguard"
PEERS = "/interface/wireguard/peers"
_SECONDS_OF_A_SESSION = 120.0
_BYTES_A_SECOND = 100

At = tuple["Router", str]  # a row by its id, on its router


class Ether:
    """What lies between routers: who holds which public key, so that ends find each other."""

    def __init__(self) -> None:
        self._routers: set[Router] = set()
        self._interfaces: _Index = _Index()
        self._peers: _Index = _Index()

    def keep_interface(self, router: Router, id_: str, row: Row | None) -> None:
        self._interfaces.keep((router, id_), row)
        self._notice(router)

    def keep_peer(self, router: Router, id_: str, row: Row | None) -> None:
        self._peers.keep((router, id_), row)
        self._notice(router)

    def forget(self, router: Router) -> None:
        """Take out a router that goes back to its first configuration, or is switched off."""
        self._notice(router)
        for index in (self._interfaces, self._peers):
            index.drop_all(router)

    def notice_all(self) -> None:
        """Let routers that are managed through a tunnel see whether it still leads anywhere."""
        for router in self._routers:
            if router.way_in.tunnel:
                router.reconsider()

    def _notice(self, router: Router) -> None:
        self._routers.add(router)
        self.notice_all()

    def other_end(self, router: Router, peer: Row) -> tuple[Router, Row] | None:
        """Return who answers at this peer of a router's, and its interface."""
        own = _interface(router, peer.get("interface", ""))
        if own is None or peer["disabled"] == "true" or not router.is_on:
            return None
        for other, id_ in self._interfaces.holders(peer.get("public-key", "")):
            interface = other.table(INTERFACES).rows[id_]
            if other is router or not other.is_on or interface["disabled"] == "true":
                continue
            for back in self._peers_of(other, interface, own["public-key"]):
                if _same_secret(peer, back) and (
                    _calls(peer, other, interface) or _calls(back, router, own)
                ):
                    return other, interface
        return None

    def _peers_of(self, router: Router, interface: Row, key: str) -> Iterator[Row]:
        """Yield the enabled peers of an interface that have this public key."""
        for other, id_ in self._peers.holders(key):
            if other is router:
                row = router.table(PEERS).rows[id_]
                if row["interface"] == interface["name"] and row["disabled"] == "false":
                    yield row


class _Index:
    """Rows by the public key that they have now."""

    def __init__(self) -> None:
        self._holders: dict[str, dict[At, None]] = {}
        self._keys: dict[At, str] = {}

    def keep(self, at: At, row: Row | None) -> None:
        old, new = self._keys.get(at), (row or {}).get("public-key")
        if old == new:
            return
        if old is not None:
            del self._keys[at], self._holders[old][at]
        if new is not None:
            self._keys[at] = new
            self._holders.setdefault(new, {})[at] = None

    def drop_all(self, router: Router) -> None:
        for at in [at for at in self._keys if at[0] is router]:
            self.keep(at, None)

    def holders(self, key: str) -> list[At]:
        return list(self._holders.get(key, ()))


def is_up(router: Router, interface: str) -> bool:
    """Say whether anybody is at the other end of a router's tunnel."""
    return any(
        router.ether.other_end(router, row)
        for row in router.table(PEERS).rows.values()
        if row.get("interface") == interface
    )


def shown(router: Router, row: Row) -> Mapping[str, str]:
    """Return what a peer shows of its other end, and keep what has to be remembered of it."""
    now = router.clock.seconds()
    found = router.ether.other_end(router, row)
    if found is None:
        row.pop("_since", None)
    else:
        _meet(router, row, *found, now)
    if "_handshake" not in row:
        return {}
    ago = values.format_duration(int(now - float(row["_handshake"])))
    return {"last-handshake": ago, **_traffic(row, now)}


def _meet(router: Router, row: Row, other: Router, interface: Row, now: float) -> None:
    own = _interface(router, row["interface"])
    keys = f"{own['public-key'] if own else ''} {interface['public-key']}"
    if "_since" not in row or row.get("_keys") != keys:
        row["_since"], row["_keys"] = str(now), keys
    since = float(row["_since"])
    row["_handshake"] = str(now - (now - since) % _SECONDS_OF_A_SESSION)
    row["current-endpoint-address"] = other.public_address or "192.0.2.1"  # that of some NAT
    row["current-endpoint-port"] = interface["listen-port"]


def _traffic(row: Row, now: float) -> Mapping[str, str]:
    if "_since" not in row:
        return {}
    count = str(int((now - float(row["_since"])) * _BYTES_A_SECOND) + 148)
    return {"rx": count, "tx": count}


def _interface(router: Router, name: str) -> Row | None:
    for row in router.table(INTERFACES).rows.values():
        if row.get("name") == name and row["disabled"] == "false":
            return row
    return None


def _calls(peer: Row, other: Router, interface: Row) -> bool:
    """Say whether a peer's endpoint leads to this interface of another router."""
    host = peer.get("endpoint-address", "")
    return bool(host) and (host, peer.get("endpoint-port")) == (
        other.public_address,
        interface["listen-port"],
    )


def _same_secret(one: Row, other: Row) -> bool:
    return one.get("preshared-key", "") == other.get("preshared-key", "")
