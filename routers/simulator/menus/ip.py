"""`/ip` and `/ipv6`, less the hotspot and the firewall."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.errors import invalid_value
from routers.simulator.schema import (
    EDIT,
    READ,
    SINGLE,
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    address,
    between,
    choice,
    duration,
    flag,
    mac,
    network,
    number,
    reference,
    secret,
    shown,
    state,
    text,
    yes_no,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router


class Addresses(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        interface = ipaddress.ip_interface(row["address"])
        row["address"] = str(interface)
        if "network" not in given:
            row["network"] = str(interface.network.network_address)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return {"actual-interface": row["interface"]}

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        self.added(router, row, given)


class SixAddresses(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row["address"] = str(ipaddress.ip_interface(row["address"]))

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        self.added(router, row, given)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return {"actual-interface": row["interface"]}


class Routes(Behaviour):
    """Shows a flag only while it is true, as v7 does."""

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        flags = {"immediate-gw": row.get("gateway", "")}
        if row["disabled"] == "true":
            return {"inactive": "true"}
        flags["active"] = "true"
        if "dynamic" not in row:
            flags["static"] = "true"
        return flags


class Pools(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        try:
            sum(map(_length, row["ranges"].split(",")))
        except ValueError:
            raise invalid_value("ranges") from None

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        self.added(router, row, given)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        if router.version_number < (7, 17):
            return {}
        total = sum(map(_length, row["ranges"].split(",")))
        return {"total": str(total), "used": "0", "available": str(total)}


def _length(span: str) -> int:
    if "/" in span:
        return ipaddress.ip_network(span, strict=False).num_addresses
    first, _, last = span.partition("-")
    return int(ipaddress.ip_address(last or first)) - int(ipaddress.ip_address(first)) + 1


class Leases(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row.setdefault("status", "waiting")
        row.setdefault("last-seen", "never")


def _services(router: Router) -> list[Row]:
    ports = {"api": "8728", "api-ssl": "8729", "www": "80", "www-ssl": "443", "ssh": "22",
             "telnet": "23", "ftp": "21", "winbox": "8291"}  # fmt: skip
    return [
        {"name": name, "port": ports[name], "proto": "tcp"}
        for name in ("telnet", "ftp", "www", "ssh", "www-ssl", "api", "winbox", "api-ssl")
    ]


def _defconf(**row: str) -> Row:
    return {name.replace("_", "-"): value for name, value in row.items()} | {"comment": "defconf"}


MENUS = (
    Menu(
        "/ip/address",
        (
            network("address", required=True),
            address("network"),
            address("broadcast"),
            reference("interface", "/interface", required=True),
            *shown("actual-interface"),
            between(state("vrf", "main"), since="7.20"),
            state("invalid", "false"),
            state("dynamic", "false"),
            between(state("slave", "false"), since="7.18"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("address", "interface"), "failure: already have such address"),
        rows=lambda router: [
            _defconf(address="192.168.88.1/24", network="192.168.88.0", interface="bridge",
                     actual_interface="bridge")
        ],
        behaviour=Addresses(),
    ),
    Menu(
        "/ip/arp",
        (
            address("address", required=True),
            mac(),
            reference("interface", "/interface", required=True),
            yes_no("published", "no"),
            state("status", "permanent"),
            state("invalid", "false"),
            state("DHCP", "false"),
            state("dynamic", "false"),
            state("complete", "true"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
    ),
    Menu(
        "/ip/route",
        (
            network("dst-address", "0.0.0.0/0"),
            text("gateway"),
            *shown("immediate-gw"),
            address("pref-src"),
            number("distance", 1, 255, "1"),
            number("scope", 0, 255, "30"),
            number("target-scope", 0, 255, "10"),
            text("routing-table", "main"),
            choice("check-gateway", "arp", "none", "ping", "bfd"),
            text("vrf-interface"),
            flag("blackhole", None),
            *shown("active", "static", "dynamic", "connect", "dhcp", "bgp", "ospf", "ecmp",
                   "inactive", "hw-offloaded"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
        rows=lambda router: [
            {"dst-address": "0.0.0.0/0", "gateway": "203.0.113.1", "dynamic": "true",
             "dhcp": "true"},
            {"dst-address": "192.168.88.0/24", "gateway": "bridge", "distance": "0",
             "scope": "10", "dynamic": "true", "connect": "true"},
        ],
        behaviour=Routes(),
    ),
    Menu(
        "/ipv6/address",
        (
            network("address", required=True),
            text("from-pool", ""),
            reference("interface", "/interface", required=True),
            *shown("actual-interface"),
            yes_no("eui-64", "no"),
            yes_no("advertise", "yes"),
            yes_no("no-dad", "no"),
            state("invalid", "false"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("address", "interface"), "failure: already have such address"),
        behaviour=SixAddresses(),
    ),
    Menu(
        "/ipv6/route",
        (
            network("dst-address", "::/0"),
            text("gateway"),
            *shown("immediate-gw"),
            number("distance", 1, 255, "1"),
            text("routing-table", "main"),
            *shown("active", "static", "dynamic", "connect", "inactive"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
        behaviour=Routes(),
    ),
    Menu(
        "/ip/pool",
        (text("name", required=True), text("ranges", required=True),
         reference("next-pool", "/ip/pool", "none"), *shown("total", "used", "available"),
         text("comment")),
        EDIT | {"comment"},
        unique=Unique(("name",), "failure: pool with such name exists"),
        rows=lambda router: [{"name": "dhcp", "ranges": "192.168.88.10-192.168.88.254"}],
        behaviour=Pools(),
    ),
    Menu("/ip/pool/used", shown("pool", "address", "owner", "info"), READ),
    Menu(
        "/ip/dns",
        (
            text("servers", ""),
            *shown("dynamic-servers"),
            text("use-doh-server", ""),
            yes_no("verify-doh-cert", "no"),
            flag("allow-remote-requests", "true"),
            number("max-udp-packet-size", 50, 65507, "4096"),
            number("cache-size", 64, 4294967295, "2048"),
            duration("cache-max-ttl", "1w"),
            state("cache-used", "27"),
        ),
        SINGLE,
        singleton=True,
        rows=lambda router: [{"dynamic-servers": "203.0.113.1"}],
    ),
    Menu(
        "/ip/dns/static",
        (
            text("name"),
            text("regexp"),
            choice("type", "A", "AAAA", "CNAME", "FWD", "MX", "NS", "NXDOMAIN", "SRV", "TXT"),
            address("address"),
            text("cname"),
            text("text"),
            duration("ttl", "1d"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"move", "unset"},
        rows=lambda router: [_defconf(name="router.lan", address="192.168.88.1")],
    ),
    Menu(
        "/ip/service",
        (
            *shown("name"),
            number("port", 1, 65535),
            *shown("proto"),
            text("address", ""),
            text("certificate"),
            choice("tls-version", "any", "only-1.2", default="any"),
            between(text("vrf", "main"), since="7.2"),
            # Absent in 7.15.3.
            between(number("max-sessions", 1, 1000, "20"), since="7.16"),
            state("invalid", "false"),
            state("dynamic", "false"),
            flag("disabled"),
        ),
        READ | {"set", "enable", "disable", "reset"},
        rows=_services,
    ),
    Menu(
        "/ip/dhcp-server",
        (
            text("name"),
            reference("interface", "/interface", required=True),
            reference("address-pool", "/ip/pool", "static-only", default="static-only"),
            duration("lease-time", "30m"),
            choice("authoritative", "after-10sec-delay", "after-2sec-delay", "no", "yes",
                   default="yes"),
            text("lease-script", ""),
            choice("use-radius", "accounting", "no", "yes", default="no"),
            state("dynamic", "false"),
            state("invalid", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("interface",), "failure: dhcp server already added on this interface"),
        rows=lambda router: [
            _defconf(name="defconf", interface="bridge", address_pool="dhcp")
        ],
    ),
    Menu(
        "/ip/dhcp-server/lease",
        (
            address("address"),
            mac(),
            text("client-id"),
            text("address-lists", ""),
            reference("server", "/ip/dhcp-server", "all"),
            text("dhcp-option", ""),
            duration("lease-time"),
            text("rate-limit"),
            yes_no("block-access", None),
            *shown("status", "expires-after", "last-seen", "age", "active-address",
                   "active-mac-address", "active-client-id", "active-server", "host-name",
                   "class-id", "src-mac-address"),
            state("radius", "false"),
            state("dynamic", "false"),
            state("blocked", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
        unique=Unique(("address", "mac-address", "server"),
                      "failure: already have static lease with this IP address"),
        behaviour=Leases(),
    ),
    Menu(
        "/ip/dhcp-server/network",
        (network("address", required=True), text("gateway", ""), number("netmask", 0, 32),
         text("dns-server", ""), text("domain", ""), text("ntp-server", ""),
         state("dynamic", "false"), text("comment")),
        EDIT | {"comment", "unset"},
        rows=lambda router: [
            _defconf(address="192.168.88.0/24", gateway="192.168.88.1", dns_server="192.168.88.1")
        ],
    ),
    Menu(
        "/ip/dhcp-client",
        (
            reference("interface", "/interface", required=True),
            choice("add-default-route", "no", "special-classless", "yes", default="yes"),
            number("default-route-distance", 1, 255, "1"),
            yes_no("use-peer-dns", "yes"),
            yes_no("use-peer-ntp", "yes"),
            text("dhcp-options", "hostname,clientid"),
            text("script"),
            *shown("status", "address", "gateway", "dhcp-server", "primary-dns", "expires-after"),
            state("invalid", "false"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
        rows=lambda router: [
            _defconf(interface="ether1", status="bound", address="203.0.113.10/24",
                     gateway="203.0.113.1", dhcp_server="203.0.113.1", primary_dns="203.0.113.1",
                     expires_after="23h")
        ],
    ),
    Menu("/ip/neighbor", shown("interface", "address", "address4", "mac-address", "identity",
                               "platform", "version", "board", "uptime"), READ),
    Menu(
        "/ip/cloud",
        (yes_no("ddns-enabled", "no"), duration("ddns-update-interval", "none", "none"),
         yes_no("update-time", "yes"), *shown("public-address", "dns-name", "status")),
        SINGLE,
        singleton=True,
        rows=lambda router: [{}],
    ),
    Menu(
        "/radius",
        (
            text("service", ""),
            text("called-id", ""),
            text("domain", ""),
            address("address", required=True),
            secret("secret", ""),
            number("authentication-port", 1, 65535, "1812"),
            number("accounting-port", 1, 65535, "1813"),
            duration("timeout", "300ms"),
            yes_no("accounting-backup", "no"),
            text("realm", ""),
            choice("protocol", "udp", "radsec", default="udp"),
            text("certificate", "none"),
            address("src-address", "0.0.0.0"),  # noqa: S104 - the menu's own word for "any"
            between(text("require-message-auth", "yes-for-request-resp"), since="7.15"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"move"},
    ),
    Menu(
        "/radius/incoming",
        (flag("accept", "false"), number("port", 1, 65535, "3799"), text("vrf", "main")),
        SINGLE,
        singleton=True,
        rows=lambda router: [{}],
    ),
)  # fmt: skip
