"""From a router's row to a session with the device: host policy, trust on first use, one pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from cloudpilot import hosts
from routers import tunnels
from routers.errors import RouterUnreachable
from routers.models import Router
from routers.routeros import Command, Deadline, Endpoint, Pool, Reply, Session, errors
from routers.routeros.resolve import resolve


def _checked(endpoint: Endpoint, deadline: Deadline) -> list[str]:
    """Resolve once and check every address; the pool connects to what is returned here."""
    host, port = endpoint.host, endpoint.port
    if hosts.is_for_tunnels(host) and tunnels.lead_to(endpoint.owner, host):
        return hosts.checked_in_tunnel(host, port)
    return hosts.checked_addresses(resolve(hosts.check_spelling(host), port, deadline), port)


_pool = Pool(resolve=_checked)


def endpoint_of(router: Router) -> Endpoint:
    """Return how to reach a router. Raises `SecretUnreadable` if its password does not open."""
    return Endpoint(
        host=router.host,
        port=router.port,
        username=router.username,
        password=router.password,
        transport=router.transport,
        tls_fingerprint=router.tls_fingerprint,
        owner=router.pk or 0,
    )


def probe(router: Router, command: Command, deadline: Deadline) -> Reply:
    """Ask the device now, even if it failed a moment ago. Raises `routeros.errors.Unavailable`."""
    with session(router, deadline, probe=True) as own:
        return own.run(command, deadline)


def ask(router: Router, command: Command, deadline: Deadline) -> Reply:
    """Read something over the kept connection as it is, to learn whether the router is there.

    Where `run` would make sure of an old connection first, this raises `Unavailable`.
    """
    trust = partial(_trust_on_first_use, router)
    return _pool.run(router.pk, endpoint_of(router), command, deadline, trust=trust, ping=False)


def run(router: Router, command: Command, deadline: Deadline) -> Reply:
    """Run one command over the one connection to `router` that this process keeps.

    Raises `routeros.errors.Unavailable`, at once if the router failed a moment ago. A command
    that writes is sent once; `Unavailable.sent` says whether it may have been carried out.
    """
    trust = partial(_trust_on_first_use, router)
    return _pool.run(router.pk, endpoint_of(router), command, deadline, trust=trust)


@contextmanager
def session(router: Router, deadline: Deadline, *, probe: bool = False) -> Iterator[Session]:
    """Have the one connection to `router` to oneself within the block; other callers wait.

    `probe` asks the device even if it failed a moment ago.
    Raises `routeros.errors.Unavailable`.
    """
    trust = partial(_trust_on_first_use, router)
    with _pool.session(router.pk, endpoint_of(router), deadline, trust=trust, probe=probe) as own:
        yield own


def forget(router: Router) -> None:
    """Close this process's connection to `router`, if it has one."""
    _pool.forget(router.pk)


def close() -> None:
    """Close all of this process's connections, and forget which routers failed."""
    _pool.close()


def _trust_on_first_use(router: Router, fingerprint: str) -> None:
    """Keep the first certificate that a router shows, before it is sent a password.

    Of two first contacts at once one is first; the other must have seen the same certificate.
    """
    unpinned = Router.objects.filter(pk=router.pk, host=router.host, tls_fingerprint="")
    if not unpinned.update(tls_fingerprint=fingerprint):
        pinned = Router.objects.filter(pk=router.pk).values_list("tls_fingerprint", flat=True)
        if pinned.first() != fingerprint:
            raise errors.TlsUntrusted(seen=fingerprint)
    router.tls_fingerprint = fingerprint


def unreachable(exc: errors.Unavailable) -> RouterUnreachable:
    """Say that a router is away, in the words of this product's API."""
    extra: dict[str, Any] = {"reason": exc.reason}
    if isinstance(exc, errors.TlsUntrusted) and exc.seen:
        extra["seen_fingerprint"] = exc.seen
    sentence = str(exc)
    if exc.sent:
        sentence += " The command was sent, and may have been carried out."
    return RouterUnreachable(sentence, **extra)
