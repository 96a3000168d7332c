"""Where a webhook may go: as routers' hosts may point (`cloudpilot.hosts`), but not to ourselves."""

import re
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from cloudpilot import hosts
from cloudpilot.errors import DomainError

_DEFAULT_PORTS = {"https": 443, "http": 80}
# What any two readers of addresses understand alike: no space, control, backslash or quote.
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")


class UrlNotAllowed(DomainError):
    """The address is not one that webhooks are sent to."""

    code = "url_not_allowed"


def canonical(url: str) -> str:
    """Return the address as it is kept. Raises `UrlNotAllowed` or `hosts.HostNotAllowed`.

    There is one way to read what is returned, so that what is checked is what is called.
    """
    if not _PLAIN.fullmatch(url):
        raise UrlNotAllowed("Give an address of plain characters; encode all others.")
    parts, port = _parts(url)
    check_scheme(url)
    if parts.username is not None or parts.password is not None:
        raise UrlNotAllowed("Give an address without a user name or a password.")
    if parts.fragment:
        raise UrlNotAllowed("Give an address without a `#`.")
    host = hosts.check_spelling(parts.hostname or "")
    hosts.check_endpoint(host, port)
    if _is_address(host):
        check([host], port)
    shown = f"[{host}]" if ":" in host else host
    at = shown if port == _DEFAULT_PORTS[parts.scheme] else f"{shown}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{at}{quote(parts.path or '/', safe=_SAFE)}{query}"


def check_scheme(url: str) -> None:
    """Raise `UrlNotAllowed` for what would be sent in clear over a network that is not ours."""
    allowed = {"https"} if settings.ROUTER_HOST_POLICY == "saas" else {"https", "http"}
    if urlsplit(url).scheme not in allowed:
        raise UrlNotAllowed(f"Give an address that begins with {' or '.join(sorted(allowed))}://.")


def check(found: list[str], port: int) -> None:
    """Raise `hosts.HostNotAllowed` if one of the addresses of a host is not to be called."""
    hosts.checked_addresses(found, port)
    if not settings.WEBHOOKS_TO_LOOPBACK:
        hosts.refuse_loopback(found)


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()  # no name ends so; see check_spelling


_SAFE = "/%:@!$&'()*+,;=-._~"


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise UrlNotAllowed("Give an address such as https://example.com/webhooks.") from exc
    if port == 0:
        raise UrlNotAllowed("Give a port between 1 and 65535.")
    return parts, port or _DEFAULT_PORTS.get(parts.scheme, 443)
