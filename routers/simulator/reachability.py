"""Whether the router still hears who manages it: what a wrong rule, address or tunnel cuts off.

What a connection meets, in this order:

| Where | What | Its packets |
| --- | --- | --- |
| the way in | `/interface`, its WireGuard peer or `/ip/address` gone, disabled; nobody at a tunnel's other end | vanish, both ways |
| `/ip/firewall/raw`, `filter` | the first rule that matches drops (tarpits) | vanish on the way in |
| `/ip/firewall/filter` | the first rule that matches rejects | are answered by a reset |
| `/ip/service` | disabled, on another port, not for this address | a new one is reset |

A rule matches by what it says of protocol, ports, addresses, address lists, interfaces, interface
lists and connection state; one that asks for anything else matches nothing here. The listeners of
the simulator have ports of their own, so a rule meets the port that the service has by default.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from routers.simulator import tunnels
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router

# The port that a listener stands for, and the row of `/ip/service` that it belongs to.
STANDARD_PORTS = {"api": 8728, "api-ssl": 8729, "rest": 80, "rest-ssl": 443}
_ROWS = {"rest": "www", "rest-ssl": "www-ssl"}
# Where a change may decide about a connection.
DECIDING = frozenset({
    "/interface", "/interface/list", "/interface/list/member", "/interface/wireguard",
    "/interface/wireguard/peers", "/ip/address", "/ip/firewall/address-list",
    "/ip/firewall/filter", "/ip/firewall/raw", "/ip/service",
})  # fmt: skip
_MAX_JUMPS = 20


class Verdict(Enum):
    OPEN = "open"
    UNHEARD = "unheard"  # what comes in is lost; what goes out still does
    RESET = "reset"
    GONE = "gone"  # lost both ways


@dataclass(slots=True)
class WayIn:
    """Which way the management connections come. What is not said is not missed when it goes."""

    interface: str = ""  # rules take it for the bridge
    address: str = ""  # of the router, as in `/ip/address` with or without its length
    peer: str = ""  # public key of the WireGuard peer at the other end
    tunnel: str = ""  # name of the WireGuard interface, of which a peer has to answer
    source: str = ""  # the address they seem to come from, in place of the real one


@dataclass(frozen=True, slots=True)
class Packet:
    service: str
    source: str
    is_new: bool


def judge(router: Router, way: WayIn, packet: Packet) -> Verdict:
    """Say what becomes of a packet that somebody who manages the router sends."""
    if _is_gone(router, way):
        return Verdict.GONE
    judge_rule = _Judge(router, way, packet)
    for path, chain in (("/ip/firewall/raw", "prerouting"), ("/ip/firewall/filter", "input")):
        if (verdict := judge_rule.chain(path, chain)) is not Verdict.OPEN:
            return verdict
    if packet.is_new and not _is_served(router, packet):
        return Verdict.RESET
    return Verdict.OPEN


# The way in ----------------------------------------------------------------------------------


def _is_gone(router: Router, way: WayIn) -> bool:
    if way.interface and not _enabled(router, "/interface", "name", way.interface):
        return True
    if way.tunnel and not tunnels.is_up(router, way.tunnel):
        return True
    if way.peer and not _enabled(router, "/interface/wireguard/peers", "public-key", way.peer):
        return True
    return bool(way.address) and not any(
        row["disabled"] == "false" and way.address in (row["address"], _host(row["address"]))
        for row in router.table("/ip/address").rows.values()
    )


def _enabled(router: Router, path: str, name: str, value: str) -> bool:
    rows = router.table(path).rows.values() if router.has_menu(path) else ()
    return any(row.get(name) == value and row["disabled"] == "false" for row in rows)


def _host(address: str) -> str:
    return address.partition("/")[0]


def _is_served(router: Router, packet: Packet) -> bool:
    """Whether `/ip/service` lets a new connection in."""
    name = _ROWS.get(packet.service, packet.service)
    services = router.table("/ip/service")
    for id_ in services.where(name=name):
        row = services.rows[id_]
        allowed = row["address"].split(",") if row["address"] else ["0.0.0.0/0", "::/0"]
        return (
            row["disabled"] == "false"
            and row["port"] == str(STANDARD_PORTS[packet.service])
            and any(_inside(packet.source, network) for network in allowed)
        )
    return True


# The firewall --------------------------------------------------------------------------------


class _Judge:
    def __init__(self, router: Router, way: WayIn, packet: Packet) -> None:
        self._router = router
        self._way = way
        self._packet = packet
        self._interface = way.interface or "bridge"
        self._jumps = 0

    def chain(self, path: str, name: str) -> Verdict:
        return self._walk(path, name) or Verdict.OPEN

    def _walk(self, path: str, chain: str) -> Verdict | None:
        """Follow a chain; None means that it has not decided."""
        self._jumps += 1
        if self._jumps > _MAX_JUMPS:
            return None
        for row in self._router.table(path).rows.values():
            if row["chain"] != chain or row["disabled"] == "true" or not self._matches(row):
                continue
            if row["action"] == "return":
                return None
            if row["action"] == "jump":
                verdict = self._walk(path, row.get("jump-target", ""))
            else:
                verdict = _DECISIONS.get(row["action"])
            if verdict is not None:
                return verdict
        return None

    def _matches(self, row: Row) -> bool:
        return all(
            name in _TESTS and _TESTS[name](self, value)
            for name, value in row.items()
            if name not in _NO_MATCHERS and not name.startswith("_")
        )

    def _is_protocol(self, value: str) -> bool:
        return value.lower() in ("tcp", "6")

    def _is_to_port(self, value: str) -> bool:
        return _in_ports(STANDARD_PORTS[self._packet.service], value)

    def _is_from(self, value: str) -> bool:
        return _inside(self._packet.source, value)

    def _is_to(self, value: str) -> bool:
        return any(_inside(own, value) for own in self._own_addresses())

    def _is_from_list(self, value: str) -> bool:
        return self._is_listed(value, [self._packet.source])

    def _is_to_list(self, value: str) -> bool:
        return self._is_listed(value, self._own_addresses())

    def _is_through(self, value: str) -> bool:
        return value == self._interface

    def _is_through_list(self, value: str) -> bool:
        members = self._router.table("/interface/list/member").rows.values()
        return value == "all" or any(
            row["list"] == value
            and row["interface"] == self._interface
            and row["disabled"] == "false"
            for row in members
        )

    def _is_in_state(self, value: str) -> bool:
        return ("new" if self._packet.is_new else "established") in value.split(",")

    def _own_addresses(self) -> list[str]:
        """The one that was asked for, or, if nobody has said which it is, all of them."""
        if self._way.address:
            return [_host(self._way.address)]
        rows = self._router.table("/ip/address").rows.values()
        return [_host(row["address"]) for row in rows if row["disabled"] == "false"]

    def _is_listed(self, name: str, addresses: Iterable[str]) -> bool:
        wanted = list(addresses)
        return any(_inside(address, entry) for entry in self._listed(name) for address in wanted)

    def _listed(self, name: str) -> Iterator[str]:
        for row in self._router.table("/ip/firewall/address-list").rows.values():
            if row["list"] == name and row["disabled"] == "false":
                yield row["address"]


_DECISIONS = {
    "accept": Verdict.OPEN,
    "drop": Verdict.UNHEARD,
    "tarpit": Verdict.UNHEARD,
    "reject": Verdict.RESET,
}
_NO_MATCHERS = frozenset({
    "chain", "action", "log", "log-prefix", "bytes", "packets", "invalid", "dynamic", "disabled",
    "comment", "reject-with", "jump-target", "address-list", "address-list-timeout",
})  # fmt: skip


def _or_not(test: Callable[[_Judge, str], bool]) -> Callable[[_Judge, str], bool]:
    """Read `!value` as anything but it."""
    return lambda judge, value: test(judge, value.removeprefix("!")) is not value.startswith("!")


_TESTS = {
    "protocol": _or_not(_Judge._is_protocol),
    "dst-port": _or_not(_Judge._is_to_port),
    "port": _or_not(_Judge._is_to_port),
    "src-address": _or_not(_Judge._is_from),
    "dst-address": _or_not(_Judge._is_to),
    "src-address-list": _or_not(_Judge._is_from_list),
    "dst-address-list": _or_not(_Judge._is_to_list),
    "in-interface": _or_not(_Judge._is_through),
    "in-interface-list": _or_not(_Judge._is_through_list),
    "connection-state": _or_not(_Judge._is_in_state),
}


def _in_ports(port: int, text: str) -> bool:
    for part in text.split(","):
        low, _, high = part.partition("-")
        if low.isdecimal() and (high or low).isdecimal() and int(low) <= port <= int(high or low):
            return True
    return False


def _inside(address: str, text: str) -> bool:
    """Whether an address is in a prefix or a range; what is neither holds nothing."""
    low, _, high = text.partition("-")
    try:
        one = ipaddress.ip_address(address)
        if high:
            return int(ipaddress.ip_address(low)) <= int(one) <= int(ipaddress.ip_address(high))
        return one in ipaddress.ip_network(low, strict=False)
    except ValueError:
        return False
