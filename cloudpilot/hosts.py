"""Where a router's host may point: the one place that decides which addresses we connect to.

Check a host twice: its spelling when it is saved, every address that it resolves to when we
connect; then connect to the checked address, so that no second look-up can change it.
Facts behind the lists: security.md C2. `ipaddress` alone is not enough: it does not see
loopback inside a mapped, 6to4, Teredo or NAT64 address, and calls multicast global.
"""

import re
import socket
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from cloudpilot.errors import DomainError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# ASCII: without it the Kelvin sign and the long s would pass for k and s.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)


class HostNotAllowed(DomainError):
    """The host, or an address that it resolves to, is not one we connect to."""

    code = "host_not_allowed"


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_NEVER = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "192.0.0.0/24",
    "::/128", "fe80::/10", "fec0::/10", "ff00::/8",
    # What clouds tell their machines, secrets included: Alibaba, Azure, AWS, Google.
    "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128",
    "64:ff9b:1::/48",  # NAT64 of a network's own: where the IPv4 address stands in it, only it knows
)  # fmt: skip
_LOOPBACK = _networks("127.0.0.0/8", "::1/128")
_PRIVATE = _networks(
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7"
)
# The last 32 bits are an IPv4 address: compatible, translated (SIIT), NAT64.
_CARRIERS = _networks("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")
_ISATAP = 0x5EFE  # in bits 32 to 63, before the IPv4 address, on any prefix


def check_spelling(host: str) -> str:
    """Return `host` in its canonical form: an address, or an RFC 1123 name in lower case.

    Raises `HostNotAllowed` for every other spelling: `127.1`, `0x7f000001` and `010.0.0.1` mean
    one thing to a person and another to the resolver.
    """
    address = _literal(host)
    if address is None:
        return _name(host)
    _check_address(address)
    return str(address)


def check_meeting_point(host: str) -> str:
    """Return `host` in its canonical form, as where devices, wherever they are, call another one.

    We connect to it ourselves only as one of them, so private addresses are fine in every mode, and
    never our own. Raises `HostNotAllowed`.
    """
    address = _literal(host)
    if address is None:
        spelling = _name(host)
        is_nobodys = spelling.rpartition(".")[2] == "localhost"
    else:
        spelling = str(address)
        is_nobodys = any(_within(a, _NEVER) or _within(a, _LOOPBACK) for a in _unwrapped(address))
    if is_nobodys:
        raise HostNotAllowed("Nobody is called at this address.")
    return spelling


def _name(host: str) -> str:
    labels = host.split(".")
    is_name = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    if not is_name or not any(c.isalpha() for c in labels[-1]) or labels[-1][:2].lower() == "0x":
        raise HostNotAllowed("Give an IPv4 or IPv6 address, or a host name.")
    return host.lower()


def check_endpoint(host: str, port: int) -> None:
    """Refuse an address of our own services at once; a name is judged when it is resolved."""
    if address := _literal(host):
        _check_not_ours(address, port)


def checked_addresses(found: list[str], port: int) -> list[str]:
    """Return the addresses that a host resolved to, after checking every one of them.

    One forbidden address among allowed ones forbids the host. Raises `HostNotAllowed`.
    """
    for text in found:
        address = ip_address(text)
        _check_address(address)
        _check_not_ours(address, port)
    return found


def is_for_tunnels(host: str) -> bool:
    """Say whether a host is an address that others than a tunnel may not lead to here."""
    address = _literal(host)
    return address is not None and not _mode_allows(address) and _within(address, _PRIVATE)


def checked_in_tunnel(host: str, port: int) -> list[str]:
    """Return an address at the end of a tunnel of the company's own, for a connection to it.

    Raises `HostNotAllowed` for what no tunnel makes harmless.
    """
    address = ip_address(host)
    if _within(address, _NEVER) or _within(address, _LOOPBACK):
        raise HostNotAllowed("This host is not one that may be connected to.")
    _check_not_ours(address, port)
    return [host]


def refuse_loopback(found: list[str]) -> None:
    """Refuse addresses that lead back to this machine, which a router may have and others may not."""
    for text in found:
        if any(_within(inner, _LOOPBACK) for inner in _unwrapped(ip_address(text))):
            raise HostNotAllowed("This host is not one that may be connected to.")


def _literal(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id:
        raise HostNotAllowed("An address with a zone is not accepted.")
    return address


def _check_address(address: Address) -> None:
    for inner in _unwrapped(address):
        if _within(inner, _NEVER) or not _mode_allows(inner):
            raise HostNotAllowed("This host is not one that may be connected to.")


def _mode_allows(address: Address) -> bool:
    if settings.ROUTER_HOST_POLICY == "self_hosted":
        return True
    return not _within(address, _LOOPBACK) and not _within(address, _PRIVATE)


def _unwrapped(address: Address) -> Iterator[Address]:
    """Yield the address and every IPv4 address that is carried inside it."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    is_carrier = _within(address, _CARRIERS) and int(address) > 1  # not `::` and `::1`
    if is_carrier or int(address) >> 32 & 0xFCFFFFFF == _ISATAP:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _check_not_ours(address: Address, port: int) -> None:
    """Refuse the platform's own database, broker and web port, at whichever address they answer."""
    for host, own_port in _own_services():
        if port == own_port and any(
            str(inner) in _addresses_of(host) or (_is_here(host) and _can_bind(str(inner)))
            for inner in _unwrapped(address)
        ):
            raise HostNotAllowed("This host is not one that may be connected to.")


def _own_services() -> Iterator[tuple[str, int]]:
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        host = database.get("HOST") or database["OPTIONS"].get("host") or "localhost"
        # A path is that of its socket: the server is here, and may listen on a port as well.
        yield "localhost" if host.startswith("/") else host, int(database.get("PORT") or 5432)
    yield "localhost", settings.PORT
    for url, default in ((settings.CELERY_BROKER_URL, 6379), (settings.PUBLIC_URL, 0)):
        parts = urlsplit(url)
        if parts.hostname:
            yield parts.hostname, parts.port or default or (443 if parts.scheme == "https" else 80)


def _addresses_of(host: str) -> frozenset[str]:
    """Return the addresses of one of our own services; none if it has none just now."""
    try:
        return _found(host)
    except OSError:
        return frozenset()


@cache  # they do not move while we run; a failure is not kept
def _found(host: str) -> frozenset[str]:
    return frozenset(str(info[4][0]) for info in socket.getaddrinfo(host, None))


def _is_here(host: str) -> bool:
    """Say whether `host` is this machine: a socket can be bound to its own addresses alone."""
    return any(_can_bind(address) for address in _addresses_of(host))


def _can_bind(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
