import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from networks.models import Gateway
from networks.peering import peers_of
from tests.factories import NetworkFactory, NodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def network():
    return NetworkFactory()


def reached(node):
    return {peer.name: list(peer.allowed_addresses) for peer in peers_of(node)}


def test_in_a_mesh_all_others_are_peers(network):
    own = NodeFactory(network=network)
    NodeFactory(network=network, name="b")
    NodeFactory(network=network, name="c")

    assert reached(own) == {"b": ["10.70.0.2/32"], "c": ["10.70.0.3/32"]}


@pytest.mark.parametrize("why", [{"is_pending": True}, {"public_key": ""}])
def test_who_is_not_connected_is_nobodys_peer(network, why):
    own = NodeFactory(network=network)
    NodeFactory(network=network, **why)

    assert peers_of(own) == []


def test_a_pending_node_is_told_of_nobody(network):
    NodeFactory(network=network)

    assert peers_of(NodeFactory(network=network, is_pending=True)) == []


def test_what_lies_behind_a_gateway_is_reached_at_it_by_a_route(network):
    own, gateway = NodeFactory(network=network), NodeFactory(network=network)
    Gateway.objects.create(node=gateway, ranges=["172.31.0.0/16"], interface="ether1")

    (peer,) = peers_of(own)

    assert peer.allowed_addresses == ("10.70.0.2/32", "172.31.0.0/16")
    assert peer.routes == ("172.31.0.0/16",)


def test_in_a_star_the_hub_stands_for_all(network):
    network.topology = network.Topology.HUB
    own, hub = NodeFactory(network=network), NodeFactory(network=network, name="hub", is_hub=True)
    other = NodeFactory(network=network)
    Gateway.objects.create(node=other, ranges=["172.31.0.0/16"], interface="ether1")

    assert reached(own) == {"hub": ["10.70.0.0/16", "172.31.0.0/16"]}
    assert len(peers_of(hub)) == 2


def test_two_that_nobody_can_call_reach_each_other_by_the_hub(network):
    own = NodeFactory(network=network)
    NodeFactory(network=network, name="hub", is_hub=True, endpoint="198.51.100.7")
    NodeFactory(network=network, name="open", endpoint="198.51.100.8")
    NodeFactory(network=network, name="behind NAT")

    assert reached(own) == {"hub": ["10.70.0.2/32", "10.70.0.4/32"], "open": ["10.70.0.3/32"]}


def test_no_address_is_reached_at_two_peers(network):
    own = NodeFactory(network=network)
    NodeFactory(network=network, is_hub=True)
    for _ in range(3):
        NodeFactory(network=network)

    addresses = [text for peer in peers_of(own) for text in peer.allowed_addresses]

    assert len(set(addresses)) == len(addresses) == 4


def test_neighbours_behind_one_public_address_meet_on_their_local_ones(network):
    shared = {"network": network, "endpoint": "203.0.113.5"}
    own = NodeFactory(local_address="192.168.1.2", **shared)
    NodeFactory(local_address="192.168.1.3", **shared)
    NodeFactory(network=network, endpoint="203.0.113.9", local_address="192.168.1.4")

    assert [peer.endpoint_for(own) for peer in peers_of(own)] == [
        "192.168.1.3:51821",
        "203.0.113.9:51821",
    ]


def test_peers_cost_as_many_queries_however_many_they_are(network, django_assert_num_queries):
    own = NodeFactory(network=network)
    for _ in range(4):
        NodeFactory(network=network)

    with django_assert_num_queries(3):
        assert len(peers_of(own)) == 4


def test_in_a_star_a_node_reads_of_the_others_only_those_that_have_more_behind_them(network):
    network.topology = network.Topology.HUB
    network.save()
    NodeFactory(network=network, is_hub=True)
    NodeFactory(network=network, name="carrier", allowed_addresses=["192.168.7.0/24"])
    own = NodeFactory(network=network)
    NodeFactory.create_batch(3, network=network)

    with CaptureQueriesContext(connection) as asked:
        peers_of(own)

    (reading,) = (query["sql"] for query in asked if '"public_key"' in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(reading)
        assert len(cursor.fetchall()) == 2
