"""`/ip/firewall`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.schema import (
    ORDERED,
    READ,
    TOGGLE,
    Behaviour,
    Field,
    Menu,
    Row,
    Unique,
    choice,
    duration,
    flag,
    number,
    shown,
    state,
    text,
    yes_no,
)
from routers.simulator.values import format_duration, parse_duration

if TYPE_CHECKING:
    from routers.simulator.router import Router

# What a packet is matched by, in all chains; a router checks more of it than this does.
_MATCHERS = (
    "src-address", "dst-address", "src-address-list", "dst-address-list", "src-address-type",
    "dst-address-type", "protocol", "src-port", "dst-port", "port", "in-interface",
    "out-interface", "in-interface-list", "out-interface-list", "in-bridge-port",
    "out-bridge-port", "src-mac-address", "packet-mark", "connection-mark", "routing-mark",
    "connection-type", "connection-bytes", "connection-limit", "connection-rate", "content",
    "dscp", "dst-limit", "limit", "hotspot", "icmp-options", "ipsec-policy", "ipv4-options",
    "layer7-protocol", "nth", "packet-size", "per-connection-classifier", "priority", "psd",
    "random", "tcp-mss", "time", "ttl", "fragment", "realm", "tos", "ingress-priority",
    "in-bridge-port-list", "out-bridge-port-list", "log-prefix", "jump-target", "address-list",
    "address-list-timeout",
)  # fmt: skip
_SHARED_ACTIONS = (
    "accept", "add-dst-to-address-list", "add-src-to-address-list", "jump", "log",
    "passthrough", "return",
)  # fmt: skip
_NAT_ACTIONS = (
    "dst-nat", "masquerade", "netmap", "redirect", "same", "src-nat", "socksify",
    "endpoint-independent-nat",
)  # fmt: skip
_FILTER_ACTIONS = ("drop", "fasttrack-connection", "reject", "tarpit")
_RAW_ACTIONS = ("drop", "notrack")
_MANGLE_ACTIONS = (
    "change-dscp", "change-mss", "change-ttl", "clear-df", "fasttrack-connection",
    "mark-connection", "mark-packet", "mark-routing", "route", "set-priority",
    "strip-ipv4-options",
)  # fmt: skip


def _rule(actions: tuple[str, ...], *more: Field) -> tuple[Field, ...]:
    return (
        text("chain", required=True),
        choice("action", *_SHARED_ACTIONS, *actions, default="accept"),
        *(text(name) for name in _MATCHERS),
        *more,
        yes_no("log", "no"),
        state("bytes", "0"),
        state("packets", "0"),
        state("invalid", "false"),
        state("dynamic", "false"),
        flag("disabled"),
        text("comment"),
    )


class AddressList(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        row.setdefault("creation-time", router.moment())
        self.changed(router, row, given)

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        """An entry with a timeout is dynamic: it is not kept over a reboot."""
        if "timeout" in given:
            seconds = parse_duration(given["timeout"]) or 0.0
            row["_expires"] = str(router.clock.seconds() + seconds)
            row["dynamic"] = "true"

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        if "_expires" not in row:
            return {}
        left = float(row["_expires"]) - router.clock.seconds()
        return {"timeout": format_duration(max(0, int(left)))}


_VERBS = ORDERED | {"reset-counters", "reset-counters-all"}

MENUS = (
    Menu(
        "/ip/firewall/nat",
        _rule(_NAT_ACTIONS, text("to-addresses"), text("to-ports"), yes_no("randomise-ports", None),
              yes_no("same-not-by-dst", None)),
        _VERBS,
        rows=lambda router: [
            {"chain": "srcnat", "action": "masquerade", "out-interface-list": "WAN",
             "ipsec-policy": "out,none", "comment": "defconf: masquerade"}
        ],
    ),
    Menu(
        "/ip/firewall/filter",
        _rule(_FILTER_ACTIONS, text("connection-state"), text("connection-nat-state"),
              text("reject-with"), text("tcp-flags"), text("tls-host")),
        _VERBS,
        rows=lambda router: [
            {"chain": "input", "action": "accept", "connection-state": "established,related",
             "comment": "defconf: accept established,related"},
            {"chain": "input", "action": "drop", "in-interface-list": "!LAN",
             "comment": "defconf: drop all not coming from LAN"},
        ],
    ),
    Menu(
        "/ipv6/firewall/filter",
        _rule(_FILTER_ACTIONS, text("connection-state"), text("reject-with"), text("tcp-flags"),
              text("tls-host")),
        _VERBS,
    ),
    Menu(
        "/ip/firewall/raw",
        _rule(_RAW_ACTIONS, text("tcp-flags"), text("tls-host")),
        _VERBS,
    ),
    Menu(
        "/ip/firewall/mangle",
        _rule(_MANGLE_ACTIONS, text("connection-state"), text("connection-nat-state"),
              text("tcp-flags"), text("tls-host"), text("new-connection-mark"),
              text("new-packet-mark"), text("new-routing-mark"), text("new-mss"),
              text("new-ttl"), number("new-dscp", 0, 63), text("new-priority"),
              yes_no("passthrough", None)),
        _VERBS,
    ),
    Menu(
        "/ip/firewall/address-list",
        (
            text("list", required=True),
            text("address", required=True),
            duration("timeout"),
            *shown("creation-time"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("list", "address"), "failure: already have such entry"),
        behaviour=AddressList(),
    ),
    Menu(
        "/ip/firewall/connection",
        shown("protocol", "src-address", "dst-address", "reply-src-address", "reply-dst-address",
              "tcp-state", "timeout", "orig-bytes", "repl-bytes", "orig-packets", "repl-packets",
              "orig-rate", "repl-rate", "assured", "confirmed", "seen-reply", "srcnat", "dstnat"),
        READ | {"remove"},
    ),
)  # fmt: skip
