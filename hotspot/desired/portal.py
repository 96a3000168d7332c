"""What the hotspot wants to stand on a router."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from routers import keys
from routers.models import Router
from routers.reconcile.providers import provides
from routers.reconcile.rows import Desired, mark

# The menu without `ip` reads requests, which it cannot do with HTTPS; this one reads addresses.
_WALLED_GARDEN = "/ip/hotspot/walled-garden/ip"


@provides("portal")
def portal_rows(router: Router) -> Iterator[Desired]:
    """Let guests reach us before they log in, on a router whose portal has a key to call us with."""
    address = _our_address()
    if address and keys.usable_key(router):
        attributes = {"action": "accept", **address}
        yield Desired(_WALLED_GARDEN, mark("portal", "api"), attributes)


def _our_address() -> dict[str, str | None] | None:
    """Return the fields that name our host; None for IPv6, which this menu lacks.

    Both are said, for a host that was a name yesterday may be an address today.
    """
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    try:
        is_usable = ip_address(host).version == 4
    except ValueError:
        return {"dst-host": host, "dst-address": None} if host else None
    return {"dst-address": host, "dst-host": None} if is_usable else None
