"""A node whose time is up is nobody's peer from then on, though nobody asks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from networks import expiring
from networks.desired import rows
from networks.models import Network
from routers.models import Reconciliation
from tests.factories import NodeFactory, RouterFactory

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


@pytest.fixture
def guest(network):
    """A node that has expired; another one's router is its peer."""
    return NodeFactory(network=network, expires_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def router(network):
    router = RouterFactory(company=network.company)
    NodeFactory(network=network, router=router, looked_at=timezone.now())
    return router


def test_routers_let_go_of_it_at_the_next_pass(network, router, guest):
    before = network.nodes_version

    assert expiring.tell_of_expired() == 1

    network.refresh_from_db()
    assert Reconciliation.objects.get().router == router
    assert network.nodes_version > before  # plain peers, and the hub
    assert "/interface/wireguard/peers" not in {row.menu for row in rows(router)}


def test_it_is_told_once(router, guest):
    expiring.tell_of_expired()
    before = Reconciliation.objects.get().desired_version

    assert expiring.tell_of_expired() == 0
    assert Reconciliation.objects.get().desired_version == before


def test_one_that_got_more_time_is_told_of_again_at_its_end(client, router, guest):
    expiring.tell_of_expired()
    path = f"/api/nodes/skynet/{guest.mac_address}"
    client.put(path, {"expdatetime": int(timezone.now().timestamp()) + 60})
    assert expiring.tell_of_expired() == 0
    client.put(path, {"expdatetime": int(timezone.now().timestamp()) - 60})

    assert expiring.tell_of_expired() == 1


def test_one_whose_time_is_not_up_is_not_told_of(network, router):
    NodeFactory(network=network, expires_at=timezone.now() + timedelta(hours=1))

    assert expiring.tell_of_expired() == 0


def test_in_a_star_its_end_is_no_work_for_others_than_the_hub(network, router, guest):
    Network.objects.update(topology=Network.Topology.HUB)

    expiring.tell_of_expired()

    assert not Reconciliation.objects.exists()
