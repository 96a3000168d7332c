"""`/interface` and its kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routers.simulator.schema import (
    READ,
    Menu,
    Row,
    Unique,
    flag,
    number,
    shown,
    state,
    text,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router

_COUNTERS = (
    "rx-byte",
    "tx-byte",
    "rx-packet",
    "tx-packet",
    "rx-drop",
    "tx-drop",
    "tx-queue-drop",
    "rx-error",
    "tx-error",
    "fp-rx-byte",
    "fp-tx-byte",
    "fp-rx-packet",
    "fp-tx-packet",
)


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


MENUS = (
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
        unique=Unique(("name",), "already have interface with name {name}"),
        rows=_interfaces,
    ),
)
