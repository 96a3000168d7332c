"""The host's interfaces, by `ip` and `wg`, and `wireguard-go` where the kernel knows no WireGuard.

What is ours carries a mark in its alias; nothing else of the host is touched. Knows no table.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from networks import addressing
from networks.addressing import Range
from networks.hub.tunnels import (
    SeenInterface,
    Tunnel,
    changed_peers,
    for_wg,
    is_nobodys,
    read_dump,
)
from networks.wireguard import public_key_of

# Above all rules that hosts come with, below the one for their own addresses.
_PRIORITY: Final = 5182
_CAP_NET_ADMIN: Final = 12
_COMMAND_SECONDS: Final = 15
_PEERS_A_COMMAND: Final = 500
_ENGINE_SECONDS: Final = 10.0
_SOCKETS = Path("/var/run/wireguard")
_TUN = Path("/dev/net/tun")
# Names are resolved by nobody here: `wg` would wait for minutes on one that does not answer.
_ENVIRONMENT = {"WG_ENDPOINT_RESOLUTION_RETRIES": "0", "LC_ALL": "C"}


class HostRefused(Exception):
    """The host could not be brought to what it shall be. The text says why, and holds no secret."""


def why_not() -> str:
    """Return what this process lacks to change the host, an empty text if nothing."""
    for program, package in (("ip", "iproute2"), ("wg", "wireguard-tools")):
        if not shutil.which(program):
            return f"`{program}` is missing: install {package}"
    if not _may_change_the_network():
        return "this needs the capability CAP_NET_ADMIN, or root"
    return ""


def _may_change_the_network() -> bool:
    status = Path("/proc/self/status").read_text()
    mask = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(mask.split()[1], 16) >> _CAP_NET_ADMIN & 1)


class Host:
    """The interfaces that one installation has on this host; `mark` tells them from others."""

    def __init__(self, mark: str) -> None:
        self._mark = f"cloudpilot:{mark}:"

    def interfaces(self) -> dict[str, str]:
        """Return the names of our interfaces, by the network that each is for."""
        links = ((link["ifname"], link.get("ifalias", "")) for link in _asked("link", "show"))
        ours = ((alias, name) for name, alias in links if alias.startswith(self._mark))
        return {alias.removeprefix(self._mark): name for alias, name in ours}

    def bring_up(self, tunnel: Tunnel, private_key: str) -> None:
        """Make the interface what the tunnel says, and change no more than differs.

        Raises `HostRefused`.
        """
        self._demand_harmless(tunnel)
        self._make_interface(tunnel)
        _set_up_wireguard(tunnel, private_key)
        _set_addresses(tunnel)
        _ip("link", "set", "dev", tunnel.interface, "mtu", str(tunnel.mtu), "up")
        _let_through(tunnel)
        _set_routes(tunnel)

    def take_down(self, interface: str) -> None:
        """Take away one of our interfaces, with its routes; it may be gone already."""
        for family in ("-4", "-6"):
            for rule in _rules(family, interface):
                _forget_rule(family, rule)
        with suppress(HostRefused):
            _ip("link", "del", "dev", interface)
        _wait_until(lambda: not _has_engine(interface))

    def look(self, interface: str) -> SeenInterface:
        """Return what an interface has now. Raises `HostRefused` if it is gone."""
        return _look(interface)

    def _demand_harmless(self, tunnel: Tunnel) -> None:
        """Refuse a tunnel that would take over addresses which this host reaches elsewhere."""
        for own in tunnel.ranges:
            if not is_nobodys(own):
                raise HostRefused(f"{own} belongs to others on the Internet: give another range")
            for interface, range_ in _reached(own.version):
                if interface != tunnel.interface and addressing.overlapping(own, [range_]):
                    raise HostRefused(
                        f"this host reaches {range_} by {interface}: it overlaps {own}"
                    )

    def _make_interface(self, tunnel: Tunnel) -> None:
        name = tunnel.interface
        link = next((link for link in _asked("link", "show") if link["ifname"] == name), None)
        if link is None:
            _add_interface(name)
        elif link.get("ifalias", "").startswith(self._mark):
            return
        elif link.get("ifalias") or not _is_blank(name):
            raise HostRefused(f"there is an interface {name} that is none of ours")
        _ip("link", "set", "dev", name, "alias", self._mark + tunnel.netid)


def _is_blank(name: str) -> bool:
    """Whether this is WireGuard that nobody has set up: a process of ours died before it did."""
    try:
        seen = _look(name)
    except HostRefused:
        return False
    return not seen.public_key and not seen.peers


def _add_interface(name: str) -> None:
    try:
        _ip("link", "add", "dev", name, "type", "wireguard")
    except HostRefused as refused:
        _start_engine(name, instead_of=refused)


def _start_engine(name: str, *, instead_of: HostRefused) -> None:
    """Let `wireguard-go` make the interface: a process of its own, which goes on without us."""
    engine = shutil.which("wireguard-go")
    if engine is None:
        raise HostRefused(f"{instead_of}; without the kernel's module install wireguard-go")
    if not os.access(_TUN, os.R_OK | os.W_OK):
        raise HostRefused(f"{_TUN} cannot be used, which wireguard-go needs")
    _wait_until(lambda: not _has_engine(name))  # the one before may be on its way out
    _run([engine, name])
    if not _wait_until(lambda: _answers(name)):
        raise HostRefused("wireguard-go did not start")


def _has_engine(name: str) -> bool:
    return (_SOCKETS / f"{name}.sock").exists()


def _answers(name: str) -> bool:
    try:
        _look(name)
    except HostRefused:
        return False
    return True


def _wait_until(condition: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + _ENGINE_SECONDS
    while not (is_so := condition()) and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return is_so


def _look(interface: str) -> SeenInterface:
    return read_dump(_run(["wg", "show", interface, "dump"]))


def _set_up_wireguard(tunnel: Tunnel, private_key: str) -> None:
    name, seen = tunnel.interface, _look(tunnel.interface)
    if seen.public_key != public_key_of(private_key):
        _run(["wg", "set", name, "private-key", "/dev/stdin"], private_key)
    if seen.listen_port != tunnel.listen_port:
        _run(["wg", "set", name, "listen-port", str(tunnel.listen_port)])
    _remove_peers(name, sorted(seen.peers.keys() - {peer.public_key for peer in tunnel.peers}))
    if changed := list(changed_peers(tunnel.peers, seen.peers)):
        _run(["wg", "addconf", name, "/dev/stdin"], for_wg(changed))


def _remove_peers(interface: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _PEERS_A_COMMAND):
        some = keys[start : start + _PEERS_A_COMMAND]
        words = (word for key in some for word in ("peer", key, "remove"))
        _run(["wg", "set", interface, *words])


def _set_addresses(tunnel: Tunnel) -> None:
    (link,) = _asked("address", "show", "dev", tunnel.interface)
    there = {
        f"{found['local']}/{found['prefixlen']}"
        for found in link["addr_info"]
        if found["scope"] != "link"
    }
    for address in there - set(tunnel.addresses):
        _ip("address", "del", address, "dev", tunnel.interface)
    for address in set(tunnel.addresses) - there:
        _ip("address", "add", address, "dev", tunnel.interface)


def _let_through(tunnel: Tunnel) -> None:
    """Let peers reach each other by us: on this one interface, so the host is no router else."""
    for version in {range_.version for range_ in tunnel.ranges}:
        _switch(version, tunnel.interface, "forwarding", "1")
    if _switched("all", "rp_filter") == "1":
        # What gateways lead to is in no table that this check looks into: it must look less closely.
        _switch(4, tunnel.interface, "rp_filter", "2")


def _switch(version: int, interface: str, name: str, value: str) -> None:
    switch = Path(f"/proc/sys/net/ipv{version}/conf/{interface}/{name}")
    try:
        if switch.read_text().strip() != value:
            switch.write_text(value)
    except OSError as exc:
        raise HostRefused(f"{switch} cannot be set to {value}: {exc.strerror}") from exc


def _switched(interface: str, name: str) -> str:
    return Path(f"/proc/sys/net/ipv4/conf/{interface}/{name}").read_text().strip()


def _set_routes(tunnel: Tunnel) -> None:
    """Send what comes out of the tunnel by a table of its own, whose last word is no.

    So peers reach each other and what is behind their gateways, but by us no other network. Nor
    do a gateway's ranges concern what the host itself sends: they are in no other table.
    """
    wanted = tunnel.routes()
    for version in {range_.version for range_ in tunnel.ranges}:
        family = f"-{version}"
        _set_table(family, tunnel, {str(r) for r in wanted if r.version == version})
        rules = _rules(family, tunnel.interface)
        for rule in rules:
            if rule["table"] != str(tunnel.table):
                _forget_rule(family, rule)
        if str(tunnel.table) not in {rule["table"] for rule in rules}:
            _ip(family, "rule", "add", *_rule(tunnel.interface, str(tunnel.table)))


def _set_table(family: str, tunnel: Tunnel, wanted: set[str]) -> None:
    table = ("table", str(tunnel.table))
    _ip(family, "route", "replace", "unreachable", "default", *table, "metric", "4294967295")
    there = {
        _whole(route["dst"], family)
        for route in _asked(family, "route", "show", *table)
        if route.get("dev") == tunnel.interface
    }
    for range_ in there - wanted:
        _ip(family, "route", "del", range_, "dev", tunnel.interface, *table)
    for range_ in wanted - there:
        _ip(family, "route", "replace", range_, "dev", tunnel.interface, *table)


def _whole(destination: str, family: str) -> str:
    """Return a route's range as we write it: `ip` leaves out what is clear to it."""
    if destination == "default":
        return "0.0.0.0/0" if family == "-4" else "::/0"
    whole = "/32" if family == "-4" else "/128"
    return destination if "/" in destination else destination + whole


def _rule(interface: str, table: str) -> tuple[str, ...]:
    return ("iif", interface, "lookup", table, "priority", str(_PRIORITY))


def _rules(family: str, interface: str) -> list[dict[str, Any]]:
    found = _asked(family, "rule", "show")
    return [r for r in found if r.get("iif") == interface and r["priority"] == _PRIORITY]


def _forget_rule(family: str, rule: dict[str, Any]) -> None:
    _ip(family, "rule", "del", *_rule(rule["iif"], rule["table"]))
    _ip(family, "route", "flush", "table", rule["table"])


def _reached(version: int) -> Iterator[tuple[str, Range]]:
    """Return the ranges that this host has routes to, but for the default one, and by what."""
    family = f"-{version}"
    for route in _asked(family, "route", "show", "table", "main"):
        if route["dst"] != "default" and "dev" in route:
            yield route["dev"], addressing.range_of(_whole(route["dst"], family))


def _ip(*arguments: str) -> str:
    return _run(["ip", *arguments])


def _asked(*arguments: str) -> list[dict[str, Any]]:
    answer = _run(["ip", "-json", "-details", *arguments])
    # An answer of nothing is an empty text, and links that went meanwhile are empty objects.
    return [found for found in json.loads(answer or "[]") if found]


def _run(command: list[str], text: str = "") -> str:
    try:
        done = subprocess.run(  # noqa: S603 (found on the PATH)
            command,
            input=text,
            env={**os.environ, **_ENVIRONMENT},
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise HostRefused(f"`{command[0]}` did not run: {type(exc).__name__}") from exc
    if done.returncode:
        raise HostRefused(f"`{' '.join(command[:4])}`: {done.stderr.strip()[-200:]}")
    return done.stdout
