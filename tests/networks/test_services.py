"""Which routers hear of a change in a network."""

import pytest

from networks import services
from networks.models import Gateway, Network
from routers.models import Reconciliation
from tests.factories import NetworkFactory, NodeFactory, RouterFactory

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


def make(topology):
    network = NetworkFactory(topology=topology)

    def node(**fields):
        router = RouterFactory(company=network.company)
        return NodeFactory(network=network, router=router, **fields)

    return network, node(is_hub=True), node(), node()


def dirty():
    return set(Reconciliation.objects.values_list("router", flat=True))


def test_in_a_mesh_all_hear_of_one():
    network, hub, one, other = make(Network.Topology.MESH)

    services.changed(network, about=one)

    assert dirty() == {hub.router_id, one.router_id, other.router_id}


def test_in_a_star_the_hub_alone_hears_of_one():
    network, hub, one, _ = make(Network.Topology.HUB)

    services.changed(network, about=one)

    assert dirty() == {hub.router_id, one.router_id}


def test_in_a_star_all_hear_of_the_hub():
    network, hub, one, other = make(Network.Topology.HUB)

    services.changed(network, about=hub)

    assert dirty() == {hub.router_id, one.router_id, other.router_id}


def test_in_a_star_all_hear_of_one_that_leads_somewhere():
    network, _, one, other = make(Network.Topology.HUB)
    Gateway.objects.create(node=one, ranges=["172.31.0.0/16"], interface="ether1")

    services.changed(network, about=one)

    assert other.router_id in dirty()


def test_a_node_whose_router_is_deleted_is_nobodys_to_configure(client, network):
    router = RouterFactory(company=network.company)
    node = NodeFactory(network=network, router=router, sync_state="error", sync_error="It is away.")

    assert client.delete(f"/routers/{router.pk}/").status_code == 200

    node.refresh_from_db()
    assert (node.router, node.sync_state, node.sync_error) == (None, "unmanaged", "")
