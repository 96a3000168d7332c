"""`/interface` and its kinds. A kind's rows show in `/interface` too, under the same ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from routers.simulator import tunnels, wireguard
from routers.simulator.errors import Refused
from routers.simulator.schema import (
    EDIT,
    ORDERED,
    READ,
    TOGGLE,
    Behaviour,
    Field,
    Menu,
    Row,
    Unique,
    between,
    choice,
    duration,
    flag,
    key,
    mac,
    networks,
    number,
    reference,
    shown,
    state,
    text,
    yes_no,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router
    from routers.simulator.tables import Table

_COUNTERS = (
    "rx-byte", "tx-byte", "rx-packet", "tx-packet", "rx-drop", "tx-drop", "tx-queue-drop",
    "rx-error", "tx-error", "fp-rx-byte", "fp-tx-byte", "fp-rx-packet", "fp-tx-packet",
)  # fmt: skip
_SHARED = ("name", "mtu", "disabled", "comment", "mac-address", "running")
_TRAFFIC = {"rx-byte": 40_000, "tx-byte": 5_000}  # bytes a second on a running port
_ARP = ("disabled", "enabled", "local-proxy-arp", "proxy-arp", "reply-only")


class Interfaces(Behaviour):
    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        """Pass a change on to the kind's own menu."""
        if row is None:
            return
        for path, kind in KINDS.items():
            own = router.loaded(path)
            if row.get("type") == kind and own is not None and id_ in own.rows:
                _copy(row, own, id_)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        if row.get("running") != "true" or row.get("disabled") == "true":
            return {}
        seconds = router.clock.uptime()
        counted = {name: str(int(rate * seconds)) for name, rate in _TRAFFIC.items()}
        counted |= {
            name.replace("byte", "packet"): str(int(value) // 800)
            for name, value in counted.items()
        }
        return counted


class Kind(Behaviour):
    """Keeps `/interface` in step with a menu of one kind of interface."""

    def __init__(self, path: str, prefix: str) -> None:
        self.path = path
        self.prefix = prefix

    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        interfaces = router.table("/interface")
        if "name" not in row:
            taken = {other["name"] for other in interfaces.rows.values()}
            row["name"] = next(
                name for n in range(1, 10_000) if (name := f"{self.prefix}{n}") not in taken
            )
        if interfaces.where(name=row["name"]):
            raise Refused(f"already have interface with name {row['name']}")
        self.changed(router, row, given)

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        interfaces = router.table("/interface")
        if row is None:
            if id_ in interfaces.rows:
                interfaces.drop(id_)
        elif id_ in interfaces.rows:
            _copy(row, interfaces, id_)
        else:
            new = {"type": KINDS[self.path], "running": "true", "slave": "false"}
            interfaces.keep(new | {n: row[n] for n in _SHARED if n in row}, id_)


def _copy(source: Row, table: Table, id_: str) -> None:
    """Bring the fields that both menus have into `table`, if they differ there."""
    target = table.rows[id_]
    changes = {n: source[n] for n in _SHARED if n in source and source[n] != target.get(n)}
    if changes:
        table.update(id_, changes)


class WireGuard(Kind):
    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        if "private-key" not in row:
            row["private-key"] = wireguard.make_private_key()
        row["public-key"] = wireguard.public_key(row["private-key"])

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        super().kept(router, id_, row)
        router.ether.keep_interface(router, id_, row)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return {"running": "false" if row["disabled"] == "true" else "true"}


class Peers(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        if "name" not in row:
            taken = {other.get("name") for other in router.table(_PEERS).rows.values()}
            row["name"] = next(name for n in range(1, 100_000) if (name := f"peer{n}") not in taken)
        self.changed(router, row, given)

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        for name, make in (
            ("private-key", wireguard.make_private_key),
            ("preshared-key", wireguard.make_shared_key),
        ):
            if row.get(name) == "auto":
                row[name] = make()
            elif row.get(name) == "none":
                del row[name]
        if "private-key" in row:
            row["public-key"] = wireguard.public_key(row["private-key"])
        if "public-key" in given:  # another peer, whom nobody has met
            for name in ("_since", "_keys", "_handshake"):
                row.pop(name, None)

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        router.ether.keep_peer(router, id_, row)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return tunnels.shown(router, row)


_WIREGUARD = tunnels.INTERFACES
_PEERS = tunnels.PEERS
KINDS = {
    "/interface/ethernet": "ether",
    "/interface/bridge": "bridge",
    "/interface/vlan": "vlan",
    _WIREGUARD: "wg",
}


def _interfaces(router: Router) -> list[Row]:
    ports = [
        {
            "name": f"ether{port}",
            "default-name": f"ether{port}",
            "type": "ether",
            "mtu": "1500",
            "actual-mtu": "1500",
            "l2mtu": "1596",
            "max-l2mtu": "2026",
            "mac-address": router.identity.mac(port),
            "running": "true" if port < 3 else "false",
            "slave": "false" if port == 1 else "true",
        }
        for port in range(1, 6)
    ]
    bridge = {
        "name": "bridge",
        "type": "bridge",
        "mtu": "auto",
        "actual-mtu": "1500",
        "l2mtu": "1596",
        "mac-address": router.identity.mac(2),
        "running": "true",
        "slave": "false",
    }
    return [*ports, bridge]


def _of_kind(path: str) -> Callable[[Router], list[Row]]:
    """Return a menu's first rows: the interfaces of its kind."""

    def rows(router: Router) -> list[Row]:
        interfaces = router.table("/interface").rows
        known = {entry.name for entry in _fields_of(path)}
        return [
            {".id": id_} | {name: value for name, value in row.items() if name in known}
            for id_, row in interfaces.items()
            if row["type"] == KINDS[path]
        ]

    return rows


def _fields_of(path: str) -> tuple[Field, ...]:
    return next(menu.fields for menu in MENUS if menu.path == path)


def _with_v7(router: Router) -> bool:
    return router.version_number >= (7,)


_NAME = Unique(("name",), "already have interface with name {name}")

MENUS: tuple[Menu, ...] = (
    Menu(
        "/interface",
        (
            text("name", required=True),
            *shown("default-name", "type"),
            number("mtu", 68, 65535, None, "auto"),
            *shown("actual-mtu"),
            number("l2mtu", 0, 65535),
            *shown("max-l2mtu", "mac-address", "last-link-down-time", "last-link-up-time"),
            state("link-downs", "0"),
            *(state(name, "0") for name in _COUNTERS),
            *shown("running", "slave", "dynamic", "inactive"),
            flag("disabled"),
            text("comment"),
        ),
        READ | {"set", "enable", "disable", "comment", "reset", "reset-counters"},
        unique=_NAME,
        rows=_interfaces,
        behaviour=Interfaces(),
    ),
    Menu(
        "/interface/ethernet",
        (
            text("name"),
            *shown("default-name"),
            number("mtu", 68, 65535),
            number("l2mtu", 0, 65535),
            mac(),
            *shown("orig-mac-address"),
            choice("arp", *_ARP, default="enabled"),
            duration("arp-timeout", "auto", "auto"),
            yes_no("auto-negotiation", "yes"),
            text("speed"),
            *shown("running", "slave"),
            flag("disabled"),
            text("comment"),
        ),
        READ | {"set", "enable", "disable", "comment", "reset", "unset"},
        rows=_of_kind("/interface/ethernet"),
        ids_of="/interface",
        behaviour=Kind("/interface/ethernet", "ether"),
    ),
    Menu(
        "/interface/bridge",
        (
            text("name"),
            number("mtu", 68, 65535, "auto", "auto"),
            *shown("actual-mtu", "l2mtu", "mac-address"),
            choice("arp", *_ARP, default="enabled"),
            duration("arp-timeout", "auto", "auto"),
            choice("protocol-mode", "mstp", "none", "rstp", "stp", default="rstp"),
            yes_no("fast-forward", "yes"),
            yes_no("igmp-snooping", "no"),
            yes_no("auto-mac", "yes"),
            mac("admin-mac"),
            duration("ageing-time", "5m"),
            text("priority", "0x8000"),
            yes_no("vlan-filtering", "no"),
            yes_no("dhcp-snooping", "no"),
            state("running", "true"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        rows=_of_kind("/interface/bridge"),
        ids_of="/interface",
        behaviour=Kind("/interface/bridge", "bridge"),
    ),
    Menu(
        "/interface/bridge/port",
        (
            reference("interface", "/interface", required=True),
            reference("bridge", "/interface", required=True),
            number("pvid", 1, 4094, "1"),
            text("priority", "0x80"),
            text("path-cost"),
            text("horizon", "none"),
            yes_no("hw", "yes"),
            state("status", "in-bridge"),
            state("inactive", "false"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED,
        unique=Unique(("interface",), "failure: device already added as bridge port"),
        rows=lambda router: [
            {"interface": f"ether{port}", "bridge": "bridge", "comment": "defconf"}
            for port in range(2, 6)
        ],
    ),
    Menu(
        "/interface/vlan",
        (
            text("name"),
            number("mtu", 68, 65535, "1500"),
            *shown("l2mtu", "mac-address"),
            choice("arp", *_ARP, default="enabled"),
            duration("arp-timeout", "auto", "auto"),
            number("vlan-id", 1, 4094, "1"),
            reference("interface", "/interface", required=True),
            yes_no("use-service-tag", "no"),
            state("running", "true"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        ids_of="/interface",
        behaviour=Kind("/interface/vlan", "vlan"),
    ),
    Menu(
        "/interface/list",
        (text("name", required=True), text("include", ""), text("exclude", ""),
         state("builtin", "false"), state("dynamic", "false"), text("comment")),
        EDIT,
        unique=Unique(("name",), "failure: list with the same name already exists"),
        rows=lambda router: [
            *({"name": name, "builtin": "true"} for name in ("all", "none", "dynamic", "static")),
            {"name": "WAN", "comment": "defconf"},
            {"name": "LAN", "comment": "defconf"},
        ],
    ),
    Menu(
        "/interface/list/member",
        (reference("list", "/interface/list", required=True),
         reference("interface", "/interface", required=True),
         state("dynamic", "false"), flag("disabled"), text("comment")),
        TOGGLE,
        unique=Unique(("list", "interface"), "failure: already have such entry"),
        rows=lambda router: [
            {"list": "LAN", "interface": "bridge", "comment": "defconf"},
            {"list": "WAN", "interface": "ether1", "comment": "defconf"},
        ],
    ),
    Menu(
        _WIREGUARD,
        (
            text("name"),
            number("mtu", 68, 65535, "1420", "auto"),
            number("listen-port", 0, 65535, "13231"),
            key("private-key", secret=True),
            *shown("public-key"),
            between(text("vrf", "main"), since="7.21"),
            *shown("running"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        ids_of="/interface",
        exists=_with_v7,
        behaviour=WireGuard(_WIREGUARD, "wireguard"),
    ),
    Menu(
        _PEERS,
        (
            between(text("name"), since="7.15"),
            reference("interface", _WIREGUARD, required=True),
            key("public-key"),
            key("private-key", "auto", "none", secret=True),
            key("preshared-key", "auto", "none", secret=True),
            text("endpoint-address", ""),
            number("endpoint-port", 0, 65535, "0"),
            *shown("current-endpoint-address", "current-endpoint-port"),
            networks("allowed-address"),
            duration("persistent-keepalive"),
            between(text("client-address"), since="7.15"),
            between(text("client-dns"), since="7.15"),
            between(text("client-endpoint"), since="7.15"),
            between(duration("client-keepalive"), since="7.15"),
            between(number("client-listen-port", 0, 65535), since="7.15"),
            between(text("client-allowed-address"), since="7.21"),
            # Renamed in 7.17.
            between(yes_no("is-responder", None), since="7.15", until="7.17"),
            between(yes_no("responder", None), since="7.17"),
            *shown("last-handshake"),
            state("rx", "0"),
            state("tx", "0"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED - {"unset"},
        exists=_with_v7,
        behaviour=Peers(),
    ),
)  # fmt: skip
