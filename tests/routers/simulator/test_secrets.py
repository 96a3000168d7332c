"""Who sees what is secret."""

import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire

SECRETS = {
    "/ip/hotspot/user": {"name": "x", "password": "s3cret"},
    "/ip/hotspot/profile": {"name": "x", "mac-auth-password": "s3cret"},
    "/ppp/secret": {"name": "x", "password": "s3cret"},
    "/radius": {"address": "10.0.0.1", "secret": "s3cret"},
}


def test_secrets_are_for_those_with_the_sensitive_policy(device):
    device.add("/user/group", {"name": "some", "policy": "api,read"})
    device.add("/user", {"name": "ana", "password": "x", "group": "some"})
    for path, row in SECRETS.items():
        device.add(path, row)

    with Wire(device.port("api"), login=("ana", "x")) as wire:
        shown = [str(wire.talk(f"{path}/print")) for path in SECRETS]

    assert all("!re" in rows and "s3cret" not in rows for rows in shown)


@pytest.fixture
def careful():
    """A router that shows secrets only when it is asked to, with one to show."""
    with Simulator(version="7.21.1") as simulator:
        device = simulator.devices[0]
        device.faults.set(hide_sensitive=True)
        device.add("/ip/hotspot/user", {"name": "bob", "password": "s3cret"})
        with Wire(device.port("api")) as wire:
            yield wire


def test_a_router_may_hide_secrets_until_it_is_asked(careful):
    plain = careful.talk("/ip/hotspot/user/print")
    asked = careful.talk("/ip/hotspot/user/print", "=show-sensitive=")

    assert "s3cret" not in str(plain)
    assert "s3cret" in str(asked)


def test_a_hidden_secret_cannot_be_looked_for(careful):
    assert careful.talk("/ip/hotspot/user/print", "?password=s3cret")[0] == ["!empty"]


def test_older_routers_know_no_show_sensitive(wire):
    (refusal, _) = wire.talk("/ip/hotspot/user/print", "=show-sensitive=")

    assert refusal[-1] == "=message=unknown parameter show-sensitive"
