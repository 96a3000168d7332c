"""`/ip`, less the hotspot and the firewall."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.schema import (
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    address,
    flag,
    network,
    reference,
    shown,
    state,
    text,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router


class Addresses(Behaviour):
    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        interface = ipaddress.ip_interface(row["address"])
        row["address"] = str(interface)
        if "network" not in given:
            row["network"] = str(interface.network.network_address)
        row["actual-interface"] = row["interface"]

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        self.added(router, row, given)


MENUS = (
    Menu(
        "/ip/address",
        (
            network("address", required=True),
            address("network"),
            reference("interface", "/interface", required=True),
            *shown("actual-interface"),
            state("invalid", "false"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
        unique=Unique(("address", "interface"), "failure: already have such address"),
        rows=lambda router: [
            {
                "address": "192.168.88.1/24",
                "network": "192.168.88.0",
                "interface": "bridge",
                "actual-interface": "bridge",
                "comment": "defconf",
            }
        ],
        behaviour=Addresses(),
    ),
)
