"""What lies behind an interface of a router: read from the device."""

import re
from collections.abc import Sequence

from networks import addressing
from networks.models import Node
from routers import connections
from routers.models import Router
from routers.routeros import Command, Deadline, errors

_SECONDS = 5.0
_LINUX_NAME = re.compile(r"eth(\d{1,2})")


def behind(node: Node, interface: str) -> list[str]:
    """Return the ranges that a node's router has on this interface; none if nobody can say.

    Ask it outside of a transaction. A router that is away is asked for nothing: the gateway is
    made without a range, and never with all addresses there are.
    """
    if node.router is None or not node.router.is_active:
        return []
    try:
        rows = _addresses(node.router)
    except errors.RouterOSError:
        return []
    name = resolved(interface, [row.get("interface", "") for row in rows])
    found = [row["address"] for row in rows if row.get("interface") == name]
    own = node.network.own_ranges
    ranges = [addressing.range_of(text) for text in found]
    return [str(r) for r in dict.fromkeys(ranges) if not addressing.overlapping(r, own)]


def _addresses(router: Router) -> list[dict[str, str]]:
    reply = connections.run(router, Command("/ip/address", "print"), Deadline(_SECONDS))
    return [row for row in reply.rows if row.get("disabled") != "true"]


def resolved(name: str, existing: Sequence[str]) -> str:
    """Return what a router calls an interface: `eth0` is its `ether1`, unless it has an `eth0`."""
    if name in existing:
        return name
    linux = _LINUX_NAME.fullmatch(name)
    return f"ether{int(linux[1]) + 1}" if linux else name
