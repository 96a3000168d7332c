"""What we know of each menu that rows of ours may stand in.

Left out on purpose: fields that only some versions have or that were renamed (a peer's `name` and
`responder`, `vrf`, `otp-secret`), fields that only the router sets, what makes a row dynamic
(`timeout` of an address list: such rows do not outlive a reboot, and nothing keeps them), and the
`private-key` of WireGuard: a router makes its own, and nobody reads it or writes it down.
Defaults are those of the manual; a field without one is simply unset until somebody sets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from routers.reconcile import kinds
from routers.reconcile.kinds import Field


@dataclass(frozen=True)
class Menu:
    """A menu, and how its rows are told apart.

    The router holds no two rows with the same values in `unique`. Rows of an `ordered` menu are
    tried one after the other, in a firewall those of a `chain`. A change in a menu that `cuts`
    may end the connection that we manage the router over.
    """

    path: str
    fields: Mapping[str, Field]
    marked_by: str = "comment"
    unique: tuple[str, ...] = ()
    ordered: bool = False
    chain: str = ""
    cuts: bool = False
    later_than: tuple[str, ...] = ()

    @cached_property
    def after(self) -> frozenset[str]:
        """The menus whose rows have to be there before this one's."""
        pointed_at = {field.points_at for field in self.fields.values() if field.points_at}
        return frozenset({*pointed_at, *self.later_than} - {self.path})

    def field(self, name: str) -> Field:
        """Return the field; raises `ValueError` for one that this table does not know."""
        if name == self.marked_by:
            raise ValueError(f"{name} of {self.path} is the row's mark: it is the key.")
        if name not in self.fields:
            raise ValueError(f"{self.path} has no field {name!r} that we know how to compare.")
        return self.fields[name]


def menu_at(path: str) -> Menu:
    """Return the menu; raises `ValueError` for one that this table does not know."""
    if path not in MENUS:
        raise ValueError(f"We know of no menu {path!r}.")
    return MENUS[path]


# Fields --------------------------------------------------------------------------------------


def text(default: str | None = "") -> Field:
    return Field(kinds.TEXT, default)


def word(default: str | None = None) -> Field:
    return Field(kinds.WORD, default)


def secret() -> Field:
    return Field(kinds.TEXT, "", secret=True)


def script() -> Field:
    return Field(kinds.SCRIPT, "")


def flag(default: str | None = "no") -> Field:
    return Field(kinds.FLAG, default)


def number(default: str | None = None, *words: str) -> Field:
    return Field(kinds.NUMBER.or_words(*words), default)


def size(default: str | None = None) -> Field:
    return Field(kinds.SIZE, default)


def duration(default: str | None = None, *words: str) -> Field:
    return Field(kinds.DURATION.or_words(*words), default)


def words(default: str | None = None) -> Field:
    return Field(kinds.WORDS, default)


def reference(menu: str, default: str | None = None) -> Field:
    return Field(kinds.TEXT, default, points_at=menu)


# Menus that others refer to ------------------------------------------------------------------

_LIST = "/interface/list"
_WIREGUARD = "/interface/wireguard"
_POOL = "/ip/pool"
_QUEUE = "/queue/simple"
_SERVER = "/ip/hotspot"
_SERVER_PROFILE = "/ip/hotspot/profile"
_USER_PROFILE = "/ip/hotspot/user/profile"
_PPP_PROFILE = "/ppp/profile"
_GROUP = "/user/group"

_DISABLED = {"disabled": flag()}
_POLICIES = Field(kinds.POLICY, "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon")

# What a packet is matched by. Unset means that it does not matter.
_MATCHERS = {
    "chain": text(None),
    "action": word("accept"),
    "protocol": word(),
    "src-address": Field(kinds.PREFIX),
    "dst-address": Field(kinds.PREFIX),
    "src-address-list": text(None),
    "dst-address-list": text(None),
    "src-address-type": words(),
    "dst-address-type": words(),
    "src-port": words(),
    "dst-port": words(),
    "port": words(),
    "in-interface": reference(_WIREGUARD),
    "out-interface": reference(_WIREGUARD),
    "in-interface-list": reference(_LIST),
    "out-interface-list": reference(_LIST),
    "src-mac-address": Field(kinds.MAC),
    "hotspot": words(),
    "content": text(None),
    "limit": text(None),
    "packet-mark": text(None),
    "connection-mark": text(None),
    "ipsec-policy": text(None),
    "jump-target": text(None),
    "address-list": text(None),
    "address-list-timeout": duration(None, "none-dynamic", "none-static"),
    "log": flag(),
    "log-prefix": text(),
    **_DISABLED,
}
_TRACKED = {
    **_MATCHERS,
    "routing-mark": text(None),
    "connection-state": words(),
    "connection-nat-state": words(),
    "tcp-flags": words(),
    "tls-host": text(None),
}


def _rules(path: str, fields: Mapping[str, Field]) -> Menu:
    return Menu(
        path, fields, ordered=True, chain="chain", cuts=True,
        later_than=("/ip/firewall/address-list",),
    )  # fmt: skip


# In an order in which rows can be made; see `Menu.after`.
_ALL = (
    Menu(_LIST, {"name": text(None), "include": words(), "exclude": words()}, unique=("name",),
         cuts=True),
    Menu(
        _WIREGUARD,
        {
            "name": text(None),
            "mtu": number("1420"),
            "listen-port": number(),
            **_DISABLED,
        },
        unique=("name",),
        cuts=True,
    ),
    Menu(
        "/interface/wireguard/peers",
        {
            "interface": reference(_WIREGUARD),
            "public-key": text(None),
            "preshared-key": Field(kinds.TEXT, None, secret=True),
            "allowed-address": Field(kinds.NETWORKS),
            "endpoint-address": text(),
            "endpoint-port": number("0"),
            "persistent-keepalive": duration("0s"),
            **_DISABLED,
        },
        cuts=True,
    ),
    Menu(
        "/interface/list/member",
        {"list": reference(_LIST), "interface": reference(_WIREGUARD), **_DISABLED},
        unique=("list", "interface"),
        cuts=True,
    ),
    Menu(
        "/ip/address",
        {
            "address": Field(kinds.INTERFACE_ADDRESS),
            "network": Field(kinds.ADDRESS),
            "interface": reference(_WIREGUARD),
            **_DISABLED,
        },
        unique=("address", "interface"),
        cuts=True,
    ),
    Menu(
        "/ip/route",
        {
            "dst-address": Field(kinds.PREFIX, "0.0.0.0/0"),
            "gateway": text(None),
            "distance": number("1"),
            "scope": number("30"),
            "target-scope": number("10"),
            "pref-src": Field(kinds.ADDRESS),
            "routing-table": text("main"),
            "check-gateway": word("none"),
            **_DISABLED,
        },
        cuts=True,
        later_than=(_WIREGUARD, "/ip/address"),
    ),
    Menu(
        "/ipv6/address",
        {
            "address": Field(kinds.INTERFACE_ADDRESS),
            "interface": reference(_WIREGUARD),
            "advertise": flag("yes"),
            **_DISABLED,
        },
        unique=("address", "interface"),
        cuts=True,
    ),
    Menu(
        "/ipv6/route",
        {
            "dst-address": Field(kinds.PREFIX, "::/0"),
            "gateway": text(None),
            "distance": number("1"),
            **_DISABLED,
        },
        cuts=True,
        later_than=(_WIREGUARD, "/ipv6/address"),
    ),
    # Pools and groups have had comments in newer versions only.
    Menu(_POOL, {"ranges": Field(kinds.LIST), "next-pool": reference(_POOL, "none")},
         marked_by="name"),
    Menu(
        _QUEUE,
        {
            "name": text(None),
            "target": Field(kinds.NETWORKS),
            "dst": Field(kinds.NETWORKS),
            "parent": reference(_QUEUE, "none"),
            "packet-marks": words(),
            "priority": Field(kinds.pair(kinds.NUMBER), "8/8"),
            "queue": Field(kinds.pair(kinds.WORD), "default-small/default-small"),
            "limit-at": Field(kinds.RATES, "0/0"),
            "max-limit": Field(kinds.RATES, "0/0"),
            "burst-limit": Field(kinds.RATES, "0/0"),
            "burst-threshold": Field(kinds.RATES, "0/0"),
            "burst-time": Field(kinds.pair(kinds.DURATION), "0s/0s"),
            **_DISABLED,
        },
        unique=("name",),
        ordered=True,
    ),
    Menu(
        "/ip/dns/static",
        {
            "name": text(None),
            "regexp": text(None),
            "type": word("A"),
            "address": Field(kinds.ADDRESS),
            "cname": text(None),
            "text": text(None),
            "ttl": duration("1d"),
            **_DISABLED,
        },
    ),
    Menu(
        "/radius",
        {
            "service": words(),
            "address": Field(kinds.ADDRESS),
            "secret": secret(),
            "authentication-port": number("1812"),
            "accounting-port": number("1813"),
            "timeout": duration("300ms"),
            "src-address": Field(kinds.ADDRESS, "0.0.0.0"),  # noqa: S104 - RouterOS's "any"
            "called-id": text(),
            "domain": text(),
            "realm": text(),
            **_DISABLED,
        },
    ),
    # Our lists are named in rules of ours, and those are what cuts.
    Menu(
        "/ip/firewall/address-list",
        {"list": text(None), "address": Field(kinds.PREFIX_OR_NAME), **_DISABLED},
        unique=("list", "address"),
    ),
    _rules("/ip/firewall/filter", {**_TRACKED, "reject-with": word("icmp-network-unreachable")}),
    _rules(
        "/ip/firewall/nat",
        {
            **_MATCHERS,
            "routing-mark": text(None),
            "to-addresses": Field(kinds.PREFIX),
            "to-ports": words(),
        },
    ),
    _rules(
        "/ip/firewall/mangle",
        {
            **_TRACKED,
            "new-connection-mark": text(None),
            "new-packet-mark": text(None),
            "new-routing-mark": text(None),
            "new-mss": text(None),
            "passthrough": flag(None),
        },
    ),
    _rules("/ipv6/firewall/filter", {**_TRACKED, "reject-with": word("icmp-no-route")}),
    _rules("/ip/firewall/raw", {**_MATCHERS, "tcp-flags": words(), "tls-host": text(None)}),
    Menu(
        _PPP_PROFILE,
        {
            "name": text(None),
            "local-address": reference(_POOL),
            "remote-address": reference(_POOL),
            "bridge": text(None),
            "session-timeout": duration("0s"),
            "idle-timeout": duration("0s"),
            "only-one": word("default"),
            "change-tcp-mss": word("default"),
            "use-compression": word("default"),
            "use-encryption": word("default"),
            "address-list": words(),
            "dns-server": Field(kinds.LIST),
            "rate-limit": Field(kinds.RATE_LIMIT),
            "parent-queue": reference(_QUEUE, "none"),
            "interface-list": reference(_LIST),
            "on-up": script(),
            "on-down": script(),
        },
        unique=("name",),
    ),
    Menu(
        "/ppp/secret",
        {
            "name": text(None),
            "password": secret(),
            "service": word("any"),
            "profile": reference(_PPP_PROFILE, "default"),
            "caller-id": text(),
            "local-address": Field(kinds.ADDRESS),
            "remote-address": Field(kinds.ADDRESS),
            "routes": text(),
            "limit-bytes-in": size("0"),
            "limit-bytes-out": size("0"),
            **_DISABLED,
        },
        unique=("name", "service"),
    ),
    Menu(
        _USER_PROFILE,
        {
            "address-pool": reference(_POOL, "none"),
            "session-timeout": duration("0s", "none"),
            "idle-timeout": duration("none", "none"),
            "keepalive-timeout": duration("2m", "none"),
            "status-autorefresh": duration("1m", "none"),
            "shared-users": number("1", "unlimited"),
            "add-mac-cookie": flag("yes"),
            "mac-cookie-timeout": duration("3d"),
            "rate-limit": Field(kinds.RATE_LIMIT),
            "address-list": words(),
            "parent-queue": reference(_QUEUE, "none"),
            "incoming-filter": text(),
            "outgoing-filter": text(),
            "incoming-packet-mark": text(),
            "outgoing-packet-mark": text(),
            "open-status-page": word("always"),
            "transparent-proxy": flag("no"),
            "on-login": script(),
            "on-logout": script(),
        },
        marked_by="name",
    ),
    Menu(
        _SERVER_PROFILE,
        {
            "hotspot-address": Field(kinds.ADDRESS, "0.0.0.0"),  # noqa: S104
            "dns-name": text(),
            "html-directory": text(None),
            "rate-limit": Field(kinds.RATE_LIMIT),
            "login-by": words("cookie,http-chap"),
            "mac-auth-mode": word("mac-as-username"),
            "mac-auth-password": secret(),
            "http-cookie-lifetime": duration("3d"),
            "ssl-certificate": text("none"),
            "split-user-domain": flag(),
            "trial-uptime-limit": duration("30m"),
            "trial-uptime-reset": duration("1d"),
            "trial-user-profile": reference(_USER_PROFILE, "default"),
            "use-radius": flag(),
            "radius-accounting": flag("yes"),
            "radius-interim-update": duration("received", "received"),
            "radius-default-domain": text(),
            "radius-location-id": text(),
            "radius-location-name": text(),
            "nas-port-type": word("wireless-802.11"),
        },
        marked_by="name",
    ),
    # A server catches what comes in at its interface, and that may be us.
    Menu(
        _SERVER,
        {
            "interface": reference(_WIREGUARD),
            "address-pool": reference(_POOL, "none"),
            "profile": reference(_SERVER_PROFILE, "default"),
            "idle-timeout": duration("5m", "none"),
            "keepalive-timeout": duration("none", "none"),
            "login-timeout": duration("none", "none"),
            "addresses-per-mac": number("2", "unlimited"),
            **_DISABLED,
        },
        marked_by="name",
        cuts=True,
    ),
    Menu(
        "/ip/hotspot/user",
        {
            "server": reference(_SERVER, "all"),
            "name": Field(kinds.TEXT, private=True),
            "password": secret(),
            "profile": reference(_USER_PROFILE, "default"),
            "address": Field(kinds.ADDRESS),
            "mac-address": Field(kinds.MAC),
            "email": text(),
            "routes": text(),
            "limit-uptime": duration("0s"),
            "limit-bytes-in": size("0"),
            "limit-bytes-out": size("0"),
            "limit-bytes-total": size("0"),
            **_DISABLED,
        },
        unique=("name", "server"),
    ),
    Menu(
        "/ip/hotspot/ip-binding",
        {
            "server": reference(_SERVER, "all"),
            "mac-address": Field(kinds.MAC),
            "address": Field(kinds.PREFIX),
            "to-address": Field(kinds.ADDRESS),
            "type": word("regular"),
            **_DISABLED,
        },
        ordered=True,
    ),
    Menu(
        "/ip/hotspot/walled-garden",
        {
            "server": reference(_SERVER),
            "action": word("allow"),
            "src-address": Field(kinds.PREFIX),
            "method": word(),
            "dst-host": text(None),
            "dst-port": words(),
            "path": text(None),
            **_DISABLED,
        },
        ordered=True,
    ),
    Menu(
        "/ip/hotspot/walled-garden/ip",
        {
            "server": reference(_SERVER),
            "action": word("accept"),
            "src-address": Field(kinds.PREFIX),
            "src-address-list": text(None),
            "dst-address": Field(kinds.PREFIX),
            "dst-address-list": text(None),
            "dst-host": text(None),
            "dst-port": words(),
            "protocol": word(),
            **_DISABLED,
        },
        ordered=True,
    ),
    Menu(
        "/system/script",
        {
            "name": text(None),
            "source": script(),
            "policy": _POLICIES,
            "dont-require-permissions": flag(),
        },
        unique=("name",),
    ),
    Menu(
        "/system/scheduler",
        {
            "name": text(None),
            "start-time": duration(None, "startup"),
            "interval": duration("0s"),
            "on-event": script(),
            "policy": _POLICIES,
            **_DISABLED,
        },
        unique=("name",),
        later_than=("/system/script",),
    ),
    Menu(_GROUP, {"policy": Field(kinds.POLICY), "skin": text("default")}, marked_by="name",
         cuts=True),
    Menu(
        "/user",
        {
            "name": text(None),
            "group": reference(_GROUP),
            "password": secret(),
            "address": Field(kinds.NETWORKS),
            **_DISABLED,
        },
        unique=("name",),
        cuts=True,
    ),
)  # fmt: skip

MENUS: Mapping[str, Menu] = {menu.path: menu for menu in _ALL}
