"""A new key for this host, while it manages a router through its tunnel."""

import pytest

from networks.hub import rekeying
from networks.hub.keyring import Keyring
from networks.keyupdate import services
from networks.keyupdate.rolling import State
from networks.models import HubProcess, KeyChange, Node
from networks.nodes import services as nodes
from networks.wireguard import public_key_of
from routers import connections
from routers.models import RouterStatus
from tests.factories import HubProcessFactory, NodeFactory
from tests.networks.routers import PEERS, SCHEDULER, marked, node_at, settle


class RunHub:
    """What `run_hub` does about its key each second, without the tunnel."""

    def __init__(self, folder):
        self.keys = Keyring(folder)

    def take_turn(self):
        node = Node.objects.select_related("network", "key_change").get(is_host=True)
        key = public_key_of(rekeying.private_key(node, self.keys))
        if key != node.public_key:
            nodes.update(node, public_key=key)
        settle()

    def public_key(self):
        return public_key_of(self.keys.private_key("skynet"))


@pytest.fixture
def host(network, tmp_path):
    """This host as the network's hub; `run_hub` has brought it up."""
    HubProcessFactory()
    facts = {"is_hub": True, "is_host": True, "endpoint": "198.51.100.1", "public_key": ""}
    NodeFactory(network=network, **facts)
    host = RunHub(tmp_path)
    host.take_turn()
    return host


@pytest.fixture
def spoke(devices, network, host):
    """A router that is reached at its address in the network."""
    node = node_at(devices[0], network, address="127.0.0.1")
    settle()
    return node


@pytest.fixture
def start(network, spoke):
    """Begin with new keys, the router having made its own already."""
    services.start(network, None)
    KeyChange.objects.filter(node=spoke).update(state=State.DONE)


def change():
    return KeyChange.objects.get(node__is_host=True)


def known_to(device):
    """Return the key by which a router knows the host."""
    (peer,) = marked(device, PEERS).values()
    return peer["public-key"]


def test_it_changes_together_with_the_router(devices, host, start, roll):
    before = host.public_key()

    roll(meanwhile=host.take_turn)
    host.take_turn()

    assert change().state == State.DONE
    assert host.public_key() == known_to(devices[0]) == change().node.public_key != before
    assert devices[0].rows(SCHEDULER) == []
    assert not change().node.needs_key_update


def test_no_router_is_prepared_while_one_is_known_to_be_away(devices, host, spoke, start, roll):
    RouterStatus.objects.update_or_create(router=spoke.router, defaults={"is_up": False})
    devices[0].sentences.clear()

    roll(meanwhile=host.take_turn)

    assert change().error == f"{spoke.name} is managed through this node, and away."
    assert "/system/scheduler/add" not in {words[0] for words in devices[0].sentences}


def test_it_waits_while_the_router_is_away(devices, host, start, roll):
    before = host.public_key()
    devices[0].switch_off()
    connections.close()

    roll(meanwhile=host.take_turn)

    assert (change().state, host.public_key()) == (State.FAILED, before)
    assert "managed through this node" in change().error


def test_one_that_is_lost_on_the_way_has_both_take_the_old_key_again(devices, host, start, roll):
    before = host.public_key()

    def meanwhile():
        if devices[0].rows(SCHEDULER):
            devices[0].switch_off()
        host.take_turn()

    roll(at_least=15, meanwhile=meanwhile)

    assert (change().state, change().node.public_key) == (State.FAILED, before)
    assert host.public_key() == known_to(devices[0]) == before
    assert change().node.needs_key_update


def test_without_the_process_nothing_is_begun(host, start, roll):
    HubProcess.objects.all().delete()

    roll(meanwhile=lambda: None)

    assert change().state == State.FAILED
    assert "run_hub" in change().error
