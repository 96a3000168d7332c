"""`/ppp`, and the PPPoE server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.errors import Refused
from routers.simulator.schema import (
    EDIT,
    READ,
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    choice,
    duration,
    flag,
    number,
    reference,
    secret,
    shown,
    size,
    state,
    text,
)
from routers.simulator.values import format_duration

if TYPE_CHECKING:
    from routers.simulator.router import Router

_TOSS = ("default", "no", "yes")


class Profiles(Behaviour):
    def removed(self, router: Router, id_: str, row: Row) -> None:
        if row.get("default") == "true":
            raise Refused("failure: can not remove default profile")


class Active(Behaviour):
    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        if row is not None:
            row.setdefault("_since", str(router.clock.seconds()))

    def removed(self, router: Router, id_: str, row: Row) -> None:
        secrets = router.table("/ppp/secret")
        for secret_id in secrets.where(name=row.get("name", "")):
            secrets.update(
                secret_id,
                {"last-logged-out": router.moment(), "last-disconnect-reason": "admin-reset"},
            )

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        if "uptime" in row or "_since" not in row:
            return {}
        return {"uptime": format_duration(int(router.clock.seconds() - float(row["_since"])))}


MENUS = (
    Menu(
        "/ppp/secret",
        (
            text("name", required=True),
            choice("service", "any", "async", "l2tp", "ovpn", "pppoe", "pptp", "sstp",
                   default="any"),
            text("caller-id", ""),
            secret("password", ""),
            reference("profile", "/ppp/profile", default="default"),
            text("local-address"),
            text("remote-address"),
            text("remote-ipv6-prefix"),
            text("routes", ""),
            text("ipv6-routes", ""),
            size("limit-bytes-in", "0"),
            size("limit-bytes-out", "0"),
            *shown("last-logged-out", "last-caller-id", "last-disconnect-reason"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE | {"unset"},
        unique=Unique(
            ("name", "service"), "failure: secret with the same name already exists"
        ),
    ),
    Menu(
        "/ppp/profile",
        (
            text("name", required=True),
            text("local-address"),
            text("remote-address"),
            text("bridge"),
            duration("session-timeout"),
            duration("idle-timeout"),
            choice("use-ipv6", "default", "no", "required", "yes", default="yes"),
            choice("use-mpls", "default", "no", "required", "yes", default="default"),
            choice("use-compression", *_TOSS, default="default"),
            choice("use-encryption", "default", "no", "required", "yes", default="default"),
            choice("only-one", *_TOSS, default="default"),
            choice("change-tcp-mss", *_TOSS, default="default"),
            choice("use-upnp", *_TOSS, default="default"),
            text("address-list", ""),
            text("dns-server"),
            text("rate-limit"),
            text("parent-queue"),
            text("queue-type"),
            text("insert-queue-before"),
            text("interface-list"),
            text("on-up", ""),
            text("on-down", ""),
            state("default", "false"),
            text("comment"),
        ),
        EDIT | {"comment", "unset"},
        unique=Unique(("name",), "failure: profile with the same name already exists"),
        rows=lambda router: [
            {"name": "default", "default": "true", "change-tcp-mss": "yes"},
            {"name": "default-encryption", "default": "true", "use-encryption": "yes",
             "change-tcp-mss": "yes"},
        ],
        first_id=0,
        behaviour=Profiles(),
    ),
    Menu(
        "/ppp/active",
        (
            *shown("name", "service", "caller-id", "address", "uptime", "encoding",
                   "session-id", "limit-bytes-in", "limit-bytes-out"),
            state("radius", "false"),
            *shown("comment"),
        ),
        READ | {"remove"},
        behaviour=Active(),
    ),
    Menu(
        "/interface/pppoe-server/server",
        (
            text("service-name", ""),
            reference("interface", "/interface", required=True),
            number("max-mtu", 64, 65535, "auto", "auto"),
            number("max-mru", 64, 65535, "auto", "auto"),
            text("authentication", "pap,chap,mschap1,mschap2"),
            duration("keepalive-timeout", "10s", "disabled"),
            flag("one-session-per-host", "false"),
            number("max-sessions", 1, 65535, "unlimited", "unlimited"),
            reference("default-profile", "/ppp/profile", default="default"),
            state("invalid", "false"),
            flag("disabled"),
            text("comment"),
        ),
        TOGGLE,
    ),
)  # fmt: skip
