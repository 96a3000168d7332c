"""Speak to the API as its pages show it."""

from contextlib import contextmanager
from time import monotonic

from cloudpilot.tenancy import Role
from tests.factories import CompanyFactory, MembershipFactory, RouterFactory

TRANSPORTS = ("api", "api-ssl", "rest", "rest-ssl")


def at(router, act=""):
    """Return the path of a router, or of one of its acts."""
    return f"/routers/{router.pk}/{act}/" if act else f"/routers/{router.pk}/"


def run(client, router, command, **body):
    """Send one command through execute-command."""
    return client.post(at(router, "execute-command"), {"command": command, **body})


def heard(device):
    """Return what the router was told to do, logins aside: each command with its words."""
    sentences = [[w for w in words if not w.startswith(".tag=")] for words in device.sentences]
    return [words for words in sentences if words[0] != "/login"]


def router_at(device, transport, **fields):
    """Return a router that is reached over `transport`, whatever its port implies."""
    return RouterFactory(port=device.port(transport), chosen_transport=transport, **fields)


def member(user, role):
    """Return a stranger's company that `user` has been let into."""
    company = CompanyFactory()
    MembershipFactory(company=company, user=user, role=Role(role))
    return company


def patience_for(reason, seconds=0.4):
    """Return how long to wait for a router that fails so: no longer than it takes, if that is long.

    A busy machine may need seconds for a refusal that is to come before the deadline.
    """
    return seconds if reason == "timeout" else 8.0


@contextmanager
def answered_within(seconds, slack=4.0):
    """Hold the block to a deadline; `slack` is for a busy machine, and far below the real ones."""
    start = monotonic()
    yield
    assert monotonic() - start < seconds + slack
