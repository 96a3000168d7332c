"""`/ip/hotspot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routers.simulator.errors import Refused
from routers.simulator.schema import (
    EDIT,
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    address,
    choice,
    duration,
    flag,
    mac,
    number,
    reference,
    secret,
    size,
    state,
    text,
    yes_no,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router

_COUNTERS = ("bytes-in", "bytes-out", "packets-in", "packets-out")


class BuiltIn(Behaviour):
    """Keeps the rows that the router brings along."""

    def removed(self, router: Router, row: Row) -> None:
        if row.get("default") == "true":
            raise Refused("failure: can not remove default")


MENUS = (
    Menu(
        "/ip/hotspot/user",
        (
            text("server", "all"),
            text("name", required=True),
            secret("password"),
            address("address"),
            mac("mac-address"),
            reference("profile", "/ip/hotspot/user/profile", default="default"),
            text("routes"),
            text("email"),
            duration("limit-uptime"),
            size("limit-bytes-in"),
            size("limit-bytes-out"),
            size("limit-bytes-total"),
            state("uptime", "0s"),
            *(state(name, "0") for name in _COUNTERS),
            state("default", "false"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"reset-counters"},
        unique=Unique(
            ("name", "server"), "failure: already have user with this name for this server"
        ),
        rows=lambda router: [
            {
                "name": "default-trial",
                "default": "true",
                "comment": "counters and limits for trial users",
            }
        ],
        first_id=0,
        behaviour=BuiltIn(),
    ),
    Menu(
        "/ip/hotspot/user/profile",
        (
            text("name", required=True),
            text("address-pool", "none"),
            duration("session-timeout"),
            duration("idle-timeout", "none", "none"),
            duration("keepalive-timeout", "2m", "none"),
            duration("status-autorefresh", "1m", "none"),
            number("shared-users", 1, 4294967295, "1", "unlimited"),
            yes_no("add-mac-cookie", "yes"),
            duration("mac-cookie-timeout", "3d"),
            text("rate-limit"),
            text("address-list"),
            text("parent-queue"),
            choice("open-status-page", "always", "http-login", default="always"),
            yes_no("transparent-proxy", "no"),
            text("on-login"),
            text("on-logout"),
            state("default", "false"),
        ),
        EDIT | {"unset"},
        unique=Unique(("name",), "failure: already have user profile with such name"),
        rows=lambda router: [{"name": "default", "default": "true"}],
        first_id=0,
        behaviour=BuiltIn(),
    ),
)
