"""What becomes of the host's tunnels and keys when networks come and go."""

import pytest

from networks.models import Node
from tests import wireguard
from tests.factories import NodeFactory

pytestmark = [*wireguard.needed, pytest.mark.django_db]


@pytest.fixture
def interfaces(host):
    """Return a function that says for which networks the host has interfaces."""

    def names():
        with host.machine.inside():
            return list(host.hub.host.interfaces())

    return names


def test_the_hosts_private_key_is_a_file_of_its_own_and_in_no_table(settings, network, host):
    file = settings.STATE_DIR / "hub" / f"{network.netid}.key"

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() not in str(Node.objects.values().get())
    assert host.node().public_key


def test_a_network_that_the_host_leaves_takes_its_tunnel_and_its_key_along(
    settings, client, network, host, interfaces
):
    assert interfaces() == [network.netid]

    client.delete(f"/api/server/removenetwork/{network.netid}")
    host.take_turn()

    assert interfaces() == []
    assert not list((settings.STATE_DIR / "hub").glob("*.key"))


def test_a_closed_companys_tunnel_is_down_until_it_opens_again(network, host, interfaces):
    key = host.node().public_key
    for is_active, found in ((False, []), (True, [network.netid])):
        network.company.is_active = is_active
        network.company.save()
        host.take_turn()

        assert interfaces() == found
    assert host.node().public_key == key


def test_a_process_that_starts_makes_what_somebody_took_away(network, host, interfaces):
    host.machine.do("ip", "link", "del", f"nm-{network.netid}")

    host.restart()

    assert interfaces() == [network.netid]


def test_a_tunnel_that_cannot_be_is_said_of_its_node(network, host):
    host.machine.do("ip", "address", "add", "10.70.9.1/24", "dev", "wan")

    host.restart()

    assert host.node().sync_state == "error"
    assert "overlaps" in host.node().sync_error


def test_trouble_that_nobody_thought_of_is_said_of_the_node_and_ends_no_process(network, host):
    key = host.node().public_key
    Node.objects.update(public_key="", has_valid_key=False)
    NodeFactory(network=network, public_key=key)  # so that the host cannot say which is its own

    host.restart()

    assert host.node().sync_state == "error"
    assert "log of run_hub" in host.node().sync_error
