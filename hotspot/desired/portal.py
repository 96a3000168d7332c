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
    field, host = _our_address()
    if field and keys.usable_key(router):
        attributes = {"action": "accept", field: host}
        yield Desired(_WALLED_GARDEN, mark("portal", "api"), attributes)


def _our_address() -> tuple[str, str]:
    """Return our host, and the field that it goes into; none for IPv6, which this menu lacks."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    try:
        return ("dst-address" if ip_address(host).version == 4 else ""), host
    except ValueError:
        return ("dst-host" if host else ""), host
