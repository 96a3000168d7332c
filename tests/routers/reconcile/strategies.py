"""Desired rows at random, in random spellings of their values."""

from base64 import b64encode
from datetime import timedelta

from hypothesis import strategies as st

from routers.reconcile.menus import MENUS
from routers.reconcile.rows import Desired

free_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8)


@st.composite
def durations(draw, most=10**6):
    seconds = draw(st.integers(1, most))
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return draw(
        st.sampled_from([
            timedelta(seconds=seconds), seconds, str(seconds), f"{seconds}s",
            f"{hours}:{minute:02}:{second:02}", f"{hours // 24}d{hours % 24:02}:{minute:02}:{second:02}",
            f"{hours}h{minute}m{second}s",
        ])
    )  # fmt: skip


@st.composite
def sizes(draw):
    number = draw(st.integers(0, 5000))
    return draw(
        st.sampled_from([number, str(number), f"{number}k", f"{number}M", f"{number * 1024}"])
    )


@st.composite
def macs(draw):
    parts = [f"{draw(st.integers(0, 255)):02x}" for _ in range(6)]
    spelled = draw(st.sampled_from([":", "-", ""])).join(parts)
    return draw(st.sampled_from([spelled, spelled.upper()]))


@st.composite
def addresses(draw):
    return f"10.{draw(st.integers(0, 9))}.{draw(st.integers(0, 9))}.{draw(st.integers(1, 99))}"


@st.composite
def prefixes(draw):
    return draw(addresses()) + draw(st.sampled_from(["", "/32", "/24", "/8"]))


def sets_of(*words):
    return st.lists(st.sampled_from(words), min_size=1, unique=True).map(",".join)


keys = st.integers(0, 3).map(lambda n: b64encode(bytes([n] * 32)).decode())
flags = st.sampled_from([True, False, "yes", "no", "true", "false"])
rates = st.sampled_from(
    [0, "0/0", "10M", "10M/10M", "10000k/10M", 10_000_000, "512k/1M", "512000/1000k", "1G"]
)
rate_limits = st.sampled_from(
    ["1M", "1M/1M", "1000k/1M", "1M/2M 2M/4M 1M/2M 8/8", "1M/2M 2M/4M 1M/2M 8s/8s 8"]
)


def unset_or(strategy):
    return st.none() | strategy


# What may be wanted of a row, by menu. A name is there to change hands.
FIELDS = {
    "/interface/list": {
        "name": st.sampled_from(["list-a", "list-b"]),
        "include": unset_or(sets_of("LAN", "WAN")),
    },
    "/interface/list/member": {
        "list": st.sampled_from(["LAN", "list-a", "list-b"]),
        "interface": st.sampled_from(["ether3", "ether4"]),
        "disabled": unset_or(flags),
    },
    "/interface/wireguard": {
        "name": st.sampled_from(["wg-a", "wg-b"]),
        "listen-port": st.integers(1, 9),
        "mtu": unset_or(st.sampled_from(["1420", 1280])),
    },
    "/interface/wireguard/peers": {
        "interface": st.sampled_from(["wg-a", "wg-b"]),
        "public-key": keys,
        "preshared-key": unset_or(keys),
        "allowed-address": st.lists(prefixes(), min_size=1, max_size=3).map(",".join),
        "persistent-keepalive": unset_or(durations(99)),
    },
    "/ip/route": {
        "dst-address": prefixes(),
        "gateway": addresses(),
        "distance": unset_or(st.integers(1, 9)),
    },
    "/user/group": {"policy": sets_of("read", "write", "api", "!ftp")},
    "/user": {
        "name": st.sampled_from(["a", "b"]),
        "group": st.sampled_from(["read", "cp:group:0", "cp:group:1"]),
        "address": unset_or(prefixes()),
    },
    "/ip/pool": {"ranges": st.just("10.1.0.1-10.1.0.9")},
    "/queue/simple": {
        "name": st.sampled_from(["a", "b", "c"]),
        "target": st.lists(prefixes(), min_size=1, max_size=2).map(",".join),
        "max-limit": unset_or(rates),
        "disabled": unset_or(flags),
    },
    "/ip/address": {
        "address": addresses().map("{}/24".format),
        "interface": st.sampled_from(["ether1", "bridge", "wg-a"]),
        "disabled": flags,
    },
    "/ip/dns/static": {
        "name": st.sampled_from(["a.lan", "b.lan"]),
        "address": addresses(),
        "ttl": unset_or(durations()),
    },
    "/ip/firewall/filter": {
        "chain": st.sampled_from(["input", "forward"]),
        "action": unset_or(st.sampled_from(["accept", "log"])),  # `drop` would drop us
        "connection-state": unset_or(sets_of("established", "related", "new")),
        "src-address": unset_or(prefixes()),
        "log": unset_or(flags),
    },
    "/ppp/secret": {
        "name": st.sampled_from(["a", "b", "c"]),
        "password": st.sampled_from(["00123", "yes", "1h"]) | free_text,
        "limit-bytes-in": unset_or(sizes()),
    },
    "/ip/hotspot/user/profile": {
        "shared-users": st.sampled_from([1, "0x2", "3", "unlimited", None]),
        "rate-limit": unset_or(rate_limits),
        "session-timeout": unset_or(durations()),
        "idle-timeout": unset_or(st.just("none") | durations()),
        "add-mac-cookie": unset_or(flags),
    },
    "/ip/hotspot/profile": {
        "login-by": unset_or(sets_of("cookie", "http-chap", "mac", "https")),
        "http-cookie-lifetime": unset_or(durations()),
    },
    "/ip/hotspot/user": {
        "name": st.sampled_from(["00123", "yes", "1h", "d"]),
        "password": unset_or(st.sampled_from(["00123", "0123", "yes", "1h"]) | free_text),
        "profile": st.sampled_from([None, "default", "cp:profile:0", "cp:profile:1"]),
        "mac-address": unset_or(macs()),
        "limit-uptime": unset_or(durations()),
        "limit-bytes-total": unset_or(sizes()),
        "disabled": unset_or(flags),
    },
    "/ip/hotspot/ip-binding": {
        "mac-address": macs(),
        "address": unset_or(addresses()),
        "type": unset_or(st.sampled_from(["regular", "bypassed", "blocked"])),
    },
    "/ip/hotspot/walled-garden/ip": {
        "dst-host": free_text,
        "action": unset_or(st.sampled_from(["accept", "drop"])),
        "dst-address": unset_or(prefixes()),
    },
    "/system/scheduler": {
        "name": st.sampled_from(["a", "b"]),
        "interval": unset_or(durations()),
        "on-event": free_text,
        "policy": sets_of("read", "write", "test"),
    },
}  # fmt: skip


CUTTING = sorted(menu for menu in FIELDS if MENUS[menu].cuts)
_WIREGUARD = "/interface/wireguard"


@st.composite
def _rows_of(draw, menu):
    rows, names = [], set()
    for number in draw(st.permutations(range(4)))[: draw(st.integers(0, 4))]:
        attributes = {name: draw(strategy) for name, strategy in FIELDS[menu].items()}
        unique = tuple(attributes[n] for n in MENUS[menu].unique if n in attributes)
        if unique and unique in names:
            continue
        names.add(unique)
        first = MENUS[menu].ordered and draw(st.booleans())
        rows.append(Desired(menu, f"{_kind(menu)}{number}", attributes, first))
    return rows


def _kind(menu):
    return {"/ip/hotspot/user/profile": "cp:profile:", "/user/group": "cp:group:"}.get(
        menu, "cp:row:"
    )


@st.composite
def desired_states(draw, menus=sorted(FIELDS)):  # noqa: B008 - it is never changed
    """Return rows of a few menus, and with them the rows that they name."""
    chosen = draw(st.lists(st.sampled_from(menus), min_size=1, max_size=3, unique=True))
    rows = [row for menu in chosen for row in draw(_rows_of(menu))]
    there = {row.attributes.get("name", row.key) for row in rows}
    named = [r for r in _named_by(rows) if r.attributes.get("name", r.key) not in there]
    return rows + named


def _named_by(rows):
    for name in sorted({str(value) for row in rows for value in row.attributes.values()}):
        if name.startswith("cp:profile:"):
            yield Desired("/ip/hotspot/user/profile", name, {})
        elif name.startswith("cp:group:"):
            yield Desired("/user/group", name, {"policy": "read"})
        elif name.startswith("list-"):
            yield Desired("/interface/list", f"cp:named:{name}", {"name": name})
        elif name.startswith("wg-"):
            yield Desired(_WIREGUARD, f"cp:named:{name}", {"name": name})


def possible_on(bench, desired):
    """Leave out what this version does not have, and what stands upon it."""
    if bench.device.router.has_menu(_WIREGUARD):
        return desired
    return [
        r
        for r in desired
        if not r.menu.startswith(_WIREGUARD) and "wg-a" not in r.attributes.values()
    ]
