"""A pasted line, a real tunnel, and CloudPilot at its other end."""

import pytest

from networks.keyupdate import rolling
from routers import connections
from routers.reconcile import services as reconcile
from tests import wireguard

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


def test_a_router_is_managed_through_the_tunnel_that_it_made_itself(
    client, network, host, site, onboarded, settings
):
    settings.ROUTER_HOST_POLICY = "saas"  # private addresses through the company's tunnel alone
    with host.machine.inside():
        connections.close()
        answer = client.post(f"/routers/{onboarded.router_id}/execute-command/", NAME).json()

    progress = client.get(f"/api/nodes/{network.netid}/{onboarded.mac_address}/onboarding").json()
    assert onboarded.router.host == onboarded.address == OVERLAY_ADDRESS
    assert "MikroTik" in str(answer), answer
    assert (progress["done"], progress["failing"]) == (True, None)


def test_it_and_the_host_have_new_keys_and_the_tunnel_goes_on(
    client, network, host, site, onboarded, server_clock
):
    before = {site.public_key(), host.node().public_key}
    client.post(f"/api/networks/{network.netid}/keyupdate")

    def step():
        with host.machine.inside():
            return rolling.step(network.pk)

    step()
    site.device.advance(60)  # it asks what to hold, and hears that it is its turn
    site.follow()
    host.take_turn()
    step()
    step()  # now it is the host's
    host.take_turn()
    seconds = step()
    server_clock.advance(seconds)
    site.device.advance(seconds)
    site.follow()
    host.take_turn()
    step()

    with host.machine.inside():
        connections.close()
        reconcile.reconcile(onboarded.router)
    keys = set(network.nodes.values_list("public_key", flat=True))
    assert set(network.key_updates.get().changes.values_list("state", flat=True)) == {"done"}
    assert {site.public_key(), host.public_key()} == keys
    assert not keys & before
