"""Who is on the guest network now: read from the router, in the page's words."""

import re
from typing import Final

from hotspot.live import speaking_to
from routers.models import Router
from routers.routeros import Command
from routers.services import COMMAND_SECONDS

_ACTIVE: Final = Command("/ip/hotspot/active", "print")
_HOSTS: Final = Command("/ip/hotspot/host", "print")
_LEASES: Final = Command("/ip/dhcp-server/lease", "print", proplist=("mac-address", "host-name"))
_PART: Final = re.compile(r"(\d+)([wdhms])")
_DAYS_A_WEEK: Final = 7

Row = dict[str, str]


def active_guests(router: Router) -> list[Row]:
    """Return who is logged in. Raises `RouterUnreachable` or `RouterRefused`."""
    with speaking_to(router, COMMAND_SECONDS) as (session, deadline):
        guests = session.run(_ACTIVE, deadline).rows
    return [
        {
            "logins": row.get("user", ""),
            "address": row.get("address", ""),
            "mac-address": row.get("mac-address", "").upper(),
            **_use(row),
        }
        for row in guests
    ]


def guest_hosts(router: Router) -> list[Row]:
    """Return every device on the guest network. Raises `RouterUnreachable` or `RouterRefused`."""
    with speaking_to(router, COMMAND_SECONDS) as (session, deadline):
        hosts = session.run(_HOSTS, deadline).rows
        leases = session.run(_LEASES, deadline).rows
    names = {row.get("mac-address", ""): row.get("host-name", "") for row in leases}
    return [
        {
            "mac-address": row.get("mac-address", "").upper(),
            "address": row.get("address", ""),
            "to-address": row.get("to-address", ""),
            "server": row.get("server", ""),
            "host-name": names.get(row.get("mac-address", ""), ""),
            **_use(row),
            "authorized": row.get("authorized", "false"),
            "bypassed": row.get("bypassed", "false"),
            "comment": row.get("comment", ""),
        }
        for row in hosts
    ]


def _use(row: Row) -> Row:
    return {
        "uptime": padded(row.get("uptime", "0s")),
        "idle-time": padded(row.get("idle-time", "0s")),
        "bytes-out": row.get("bytes-out", "0"),
        "bytes-in": row.get("bytes-in", "0"),
    }


def padded(duration: str) -> str:
    """Turn RouterOS's `1w2d5m` into the page's `9d00h05m00s`: no gaps, two digits after the first."""
    parts = {unit: int(number) for number, unit in _PART.findall(duration)}
    parts["d"] = parts.get("d", 0) + parts.pop("w", 0) * _DAYS_A_WEEK
    present = [unit for unit in "dhms" if parts.get(unit)] or ["s"]
    units = "dhms"["dhms".index(present[0]) :]
    first, *rest = [(parts.get(unit, 0), unit) for unit in units]
    return "".join([f"{first[0]}{first[1]}", *(f"{number:02}{unit}" for number, unit in rest)])
