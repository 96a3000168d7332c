"""`/ip/hotspot`: what can be configured. What happens with it is in `hotspot.py`, one up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routers.simulator.errors import Refused
from routers.simulator.schema import (
    EDIT,
    ORDERED,
    READ,
    TOGGLE,
    Behaviour,
    Menu,
    Row,
    Unique,
    address,
    between,
    choice,
    choices,
    duration,
    flag,
    mac,
    network,
    number,
    reference,
    secret,
    shown,
    size,
    state,
    text,
    yes_no,
)
from routers.simulator.values import format_duration

if TYPE_CHECKING:
    from routers.simulator.router import Router

COUNTERS = ("bytes-in", "bytes-out", "packets-in", "packets-out")
_SERVER = "/ip/hotspot"
_LOGIN_BY = ("mac", "cookie", "http-chap", "https", "http-pap", "trial", "mac-cookie")
_METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE")


class BuiltIn(Behaviour):
    """Keeps the rows that the router brings along."""

    def removed(self, router: Router, id_: str, row: Row) -> None:
        if row.get("default") == "true":
            raise Refused("failure: can not remove default")


class Active(Behaviour):
    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        if row is not None:
            router.hotspot.adopt(id_, row)

    def removed(self, router: Router, id_: str, row: Row) -> None:
        router.hotspot.kick(id_)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return router.hotspot.view_session(id_)


class Hosts(Behaviour):
    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        if row is not None:
            router.hotspot.adopt_host(id_, row)

    def removed(self, router: Router, id_: str, row: Row) -> None:
        router.hotspot.forget_host(id_)

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return router.hotspot.view_host(id_, row)


class Cookies(Behaviour):
    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        left = float(row.get("_expires", "0")) - router.clock.seconds()
        return {"expires-in": format_duration(max(0, int(left)))}


class Bindings(Behaviour):
    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        return {
            "bypassed": "true" if row["type"] == "bypassed" else "false",
            "blocked": "true" if row["type"] == "blocked" else "false",
        }


class WalledGarden(Behaviour):
    """A host name in the `ip` variant shows in the parent menu too, as a dynamic row."""

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        parent = router.table("/ip/hotspot/walled-garden")
        for other in parent.where(_from=id_):
            parent.drop(other)
        if row is not None and "dst-host" in row and row["disabled"] == "false":
            action = "allow" if row["action"] == "accept" else "deny"
            parent.keep(
                {"dst-host": row["dst-host"], "action": action, "dynamic": "true", "_from": id_}
            )


_USER_FIELDS = (
    reference("server", _SERVER, "all", default="all"),
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
    between(secret("totp-secret"), since="7.21", until="7.21.2"),
    between(secret("otp-secret"), since="7.21.2"),
    state("uptime", "0s"),
    *(state(name, "0") for name in COUNTERS),
    state("default", "false"),
    state("dynamic", "false"),
    flag("disabled"),
    text("comment"),
)

_USER_PROFILE_FIELDS = (
    text("name", required=True),
    reference("address-pool", "/ip/pool", "none", default="none"),
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
    text("queue-type"),
    text("insert-queue-before"),
    text("incoming-filter"),
    text("outgoing-filter"),
    text("incoming-packet-mark"),
    text("outgoing-packet-mark"),
    choice("open-status-page", "always", "http-login", default="always"),
    yes_no("transparent-proxy", "no"),
    yes_no("advertise", None),
    text("advertise-url"),
    text("advertise-interval"),
    text("advertise-timeout"),
    text("on-login"),
    text("on-logout"),
    state("default", "false"),
)

_PROFILE_FIELDS = (
    text("name", required=True),
    address("hotspot-address", "0.0.0.0"),  # noqa: S104 - the menu's own word for "none"
    text("dns-name", ""),
    text("html-directory", "hotspot"),
    text("html-directory-override", ""),
    between(yes_no("install-hotspot-queue", "no"), since="7.7"),
    text("rate-limit"),
    text("http-proxy", "0.0.0.0:0"),
    address("smtp-server", "0.0.0.0"),  # noqa: S104
    choices("login-by", *_LOGIN_BY, default="cookie,http-chap"),
    choice("mac-auth-mode", "mac-as-username", "mac-as-username-and-password",
           default="mac-as-username"),
    secret("mac-auth-password"),
    duration("http-cookie-lifetime", "3d"),
    text("ssl-certificate"),
    duration("trial-uptime-limit", "30m"),
    duration("trial-uptime-reset", "1d"),
    reference("trial-user-profile", "/ip/hotspot/user/profile", default="default"),
    yes_no("split-user-domain", "no"),
    yes_no("use-radius", "no"),
    yes_no("radius-accounting", None),
    duration("radius-interim-update", None, "received"),
    text("radius-default-domain"),
    text("radius-location-id"),
    text("radius-location-name"),
    text("radius-mac-format"),
    text("nas-port-type"),
    state("default", "false"),
)  # fmt: skip

_ACTIVE_FIELDS = (
    *shown(
        "server", "user", "domain", "address", "mac-address", "login-by", "uptime",
        "idle-time", "session-time-left", "idle-timeout", "keepalive-timeout", *COUNTERS,
        "limit-bytes-in", "limit-bytes-out", "limit-bytes-total",
    ),
    state("radius", "false"),
    state("blocked", "false"),
    *shown("comment"),
)  # fmt: skip

_HOST_FIELDS = (
    *shown(
        "mac-address", "address", "to-address", "server", "bridge-port", "uptime", "idle-time",
        "idle-timeout", "keepalive-timeout", "host-dead-time", *COUNTERS, "found-by", "vlan-id",
    ),
    state("authorized", "false"),
    state("bypassed", "false"),
    state("static", "false"),
    state("dynamic", "true"),
    state("DHCP", "false"),  # upper case on the wire
    *shown("http-proxy", "comment"),
)  # fmt: skip

MENUS = (
    Menu(
        _SERVER,
        (
            text("name"),
            reference("interface", "/interface", required=True),
            reference("address-pool", "/ip/pool", "none", default="none"),
            reference("profile", "/ip/hotspot/profile", default="default"),
            duration("idle-timeout", "5m", "none"),
            duration("keepalive-timeout", "none", "none"),
            duration("login-timeout", "none", "none"),
            number("addresses-per-mac", 1, 65535, "2", "unlimited"),
            *shown("ip-of-dns-name"),
            state("proxy-status", "running"),
            state("invalid", "false"),
            state("HTTPS", "false"),
            flag("disabled"),
        ),
        TOGGLE - {"comment"},
        unique=Unique(("name",), "failure: already have such name"),
        rows=lambda router: [
            {"name": "hotspot1", "interface": "bridge", "address-pool": "dhcp",
             "profile": "hsprof1", "ip-of-dns-name": "192.168.88.1"}
        ],
        behaviour=Behaviour(),
    ),
    Menu(
        "/ip/hotspot/profile",
        _PROFILE_FIELDS,
        EDIT,
        unique=Unique(("name",), "failure: already have profile with such name"),
        in_use="failure: profile is in use",
        rows=lambda router: [
            {"name": "default", "default": "true"},
            {"name": "hsprof1", "hotspot-address": "192.168.88.1", "dns-name": "login.hotspot"},
        ],
        first_id=0,
        behaviour=BuiltIn(),
    ),
    Menu(
        "/ip/hotspot/user",
        _USER_FIELDS,
        TOGGLE | {"reset-counters"},
        unique=Unique(
            ("name", "server"), "failure: already have user with this name for this server"
        ),
        rows=lambda router: [
            {"name": "default-trial", "default": "true",
             "comment": "counters and limits for trial users"}
        ],
        first_id=0,
        behaviour=BuiltIn(),
    ),
    Menu(
        "/ip/hotspot/user/profile",
        _USER_PROFILE_FIELDS,
        EDIT | {"unset"},
        unique=Unique(("name",), "failure: already have user profile with such name"),
        in_use="failure: profile is in use",
        rows=lambda router: [{"name": "default", "default": "true"}],
        first_id=0,
        behaviour=BuiltIn(),
    ),
    Menu("/ip/hotspot/active", _ACTIVE_FIELDS, READ | {"remove"}, behaviour=Active()),
    Menu(
        "/ip/hotspot/host", _HOST_FIELDS, READ | {"remove"}, behaviour=Hosts(),
    ),
    Menu(
        "/ip/hotspot/cookie",
        (*shown("user", "domain", "mac-address", "expires-in"), state("mac-cookie", "false")),
        READ | {"remove"},
        behaviour=Cookies(),
    ),
    Menu(
        "/ip/hotspot/ip-binding",
        (
            mac("mac-address"),
            network("address"),
            address("to-address"),
            reference("server", _SERVER, "all", default="all"),
            choice("type", "regular", "bypassed", "blocked", default="regular"),
            *shown("bypassed", "blocked"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED - {"unset"},
        behaviour=Bindings(),
    ),
    Menu(
        "/ip/hotspot/walled-garden",
        (
            choice("action", "allow", "deny", default="allow"),
            reference("server", _SERVER),
            network("src-address"),
            choice("method", *_METHODS),
            text("dst-host"),
            text("dst-port"),
            text("path"),
            *shown("dst-address"),
            state("hits", "0"),
            state("dynamic", "false"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED | {"reset-counters", "reset-counters-all"},
    ),
    Menu(
        "/ip/hotspot/walled-garden/ip",
        (
            choice("action", "accept", "drop", "reject", default="accept"),
            reference("server", _SERVER),
            network("src-address"),
            text("src-address-list"),
            network("dst-address"),
            text("dst-address-list"),
            text("protocol"),
            text("dst-port"),
            text("dst-host"),
            state("invalid", "false"),
            flag("disabled"),
            text("comment"),
        ),
        ORDERED,
        behaviour=WalledGarden(),
    ),
    Menu(
        "/ip/hotspot/service-port",
        (text("name"), text("ports"), flag("disabled")),
        READ | {"set", "enable", "disable"},
        rows=lambda router: [{"name": "ftp", "ports": "21"}],
    ),
)  # fmt: skip
