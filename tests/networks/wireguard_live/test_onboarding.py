"""A pasted line, a real tunnel, and CloudPilot at its other end."""

import pytest
from django.utils import timezone

from networks.keyupdate import rolling
from networks.models import KeyChange
from routers import connections
from routers.reconcile import services as reconcile
from tests import wireguard
from tests.processes import eventually

from .sites import Site

NAME = {"command": "/system/identity/print"}
OVERLAY_ADDRESS = "10.70.0.2"  # the first is the host's

pytestmark = [
    *wireguard.needed,
    pytest.mark.django_db,
    pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost", OVERLAY_ADDRESS]),
]


@pytest.fixture
def site(lab):
    site = Site(lab.machine("198.51.100.2/24"), OVERLAY_ADDRESS)
    yield site
    connections.close()
    site.close()


@pytest.fixture
def onboarded(client, network, host, site):
    """The site's router, once its line was pasted and the tunnel has come up."""
    key = client.post(f"/api/networks/{network.netid}/keys", {"name": "cafe"}).json()
    site.paste(key["onboardingline"])
    host.take_turn()
    site.follow()
    assert site.machine.reaches(host.node().address)
    host.restart()  # and so looks at once who is there
    node = network.nodes.select_related("router").get(is_host=False)
    site.follow()
    with host.machine.inside():
        client.post(f"/routers/{node.router_id}/test-connection/")
        reconcile.reconcile(node.router)
    return node


def test_a_router_is_managed_through_the_tunnel_that_it_made_before_and_after_new_keys(
    client, network, host, site, onboarded, server_clock, settings
):
    settings.ROUTER_HOST_POLICY = "saas"  # private addresses through the company's tunnel alone
    before = {site.public_key(), host.public_key()}
    assert onboarded.router.host == OVERLAY_ADDRESS
    assert is_managed(client, host, onboarded)

    client.post(f"/api/networks/{network.netid}/keyupdate")
    own, hosts = (KeyChange.objects.get(node=node) for node in (onboarded, host.node()))
    until(lambda: own.flips_at, own, host)
    site.device.advance(60)  # it asks what to hold, and hears that it is its turn
    site.follow()
    host.take_turn()
    until(lambda: own.state == "done", own, host)
    until(lambda: hosts.state == "running", hosts, host)
    host.take_turn()
    until(lambda: hosts.token, hosts, host)
    seconds = (hosts.flips_at - timezone.now()).total_seconds() + 1
    server_clock.advance(seconds)
    site.device.advance(seconds)
    site.follow()
    host.take_turn()
    until(lambda: hosts.state == "done", hosts, host)

    assert not before & {site.public_key(), host.public_key()}
    assert is_managed(client, host, onboarded)


def until(condition, change, host):
    """Take steps until the change has come so far; machines may be busy."""

    def step():
        with host.machine.inside():
            rolling.step(change.node.network_id)
        change.refresh_from_db()
        return condition()

    eventually(step)


def is_managed(client, host, node):
    """Say whether the router answers over a new connection, and its node shows that all is done."""
    with host.machine.inside():
        connections.close()
        answer = client.post(f"/routers/{node.router_id}/execute-command/", NAME).json()
        reconcile.reconcile(node.router)
    path = f"/api/nodes/{node.network.netid}/{node.mac_address}/onboarding"
    return "MikroTik" in str(answer) and client.get(path).json()["done"]
