"""What becomes of a network's rows on a router, over its real socket."""

import pytest

from networks import services
from networks.models import Gateway, Node
from networks.nodes import services as nodes
from routers.reconcile import services as reconcile
from tests.factories import NetworkFactory, NodeFactory
from tests.networks.routers import PEERS, WIREGUARD, marked, node_at, settle

FILTER = "/ip/firewall/filter"
NAT = "/ip/firewall/nat"
LAN = "192.168.88.0/24"  # behind the bridge of every simulated router


@pytest.fixture
def own(devices, network):
    """A router in the network, once it is as it should be."""
    node = node_at(devices[0], network)
    settle()
    node.refresh_from_db()
    return node


def settle_after_change(node):
    services.changed(node.network)
    reconcile.mark_dirty([node.router_id])
    settle()


def problem_of(node):
    node.refresh_from_db()
    assert node.sync_state == Node.Sync.ERROR
    return node.sync_error


def test_a_router_makes_its_own_key_and_the_node_has_the_public_half(devices, own):
    row = marked(devices[0], WIREGUARD)["skynet"]

    assert own.public_key == row["public-key"]
    assert own.has_valid_key
    assert (own.sync_state, own.sync_error) == (Node.Sync.OK, "")


def test_no_private_key_is_asked_for_or_sent(devices, own):
    Node.objects.filter(pk=own.pk).delete()
    settle_after_change(own)

    said = " ".join(word for words in devices[0].sentences for word in words)
    assert marked(devices[0], WIREGUARD) == {}
    assert "private-key" not in said


def test_a_pending_router_makes_a_key_and_no_more(devices, network):
    node = node_at(devices[0], network, is_pending=True)
    settle()

    node.refresh_from_db()
    assert marked(devices[0], WIREGUARD)["skynet"]["disabled"] == "true"
    assert marked(devices[0], "/ip/address") == {}
    assert node.has_valid_key


def test_routers_that_know_each_other_shake_hands(devices, network):
    one, two = node_at(devices[0], network), node_at(devices[1], network, at="198.51.100.2")
    settle()
    reconcile.reconcile(one.router)

    link = one.links.get()
    assert link.b == two
    assert link.last_handshake_at is not None
    assert link.endpoint == "198.51.100.2:51821"


def test_the_firewall_lets_the_tunnel_in_before_anything_drops_it(devices, own):
    first, second = devices[0].rows(FILTER)[:2]

    assert (first["protocol"], first["dst-port"], first["action"]) == ("udp", "51821", "accept")
    assert (second["in-interface"], second["src-address"]) == ("nm-skynet", "10.70.0.0/16")


# Gateways ------------------------------------------------------------------------------------


def test_what_lies_behind_a_gateway_has_a_route_on_the_others(devices, own):
    gateway = NodeFactory(network=own.network)
    Gateway.objects.create(node=gateway, ranges=["172.31.0.0/16"], interface="eth0")
    settle_after_change(own)

    (route,) = marked(devices[0], "/ip/route").values()
    (peer,) = marked(devices[0], PEERS).values()
    assert (route["dst-address"], route["gateway"]) == ("172.31.0.0/16", "nm-skynet")
    assert peer["allowed-address"] == f"{gateway.address}/32,172.31.0.0/16"

    Gateway.objects.all().delete()
    settle_after_change(own)
    assert marked(devices[0], "/ip/route") == {}


def test_an_interface_that_the_router_lacks_is_a_problem_and_no_rule(devices, own):
    Gateway.objects.create(node=own, ranges=["172.31.0.0/16"], interface="wlan7")
    settle_after_change(own)

    assert "no interface wlan7" in problem_of(own)
    assert marked(devices[0], NAT) == {}


def test_a_gateway_without_a_range_leads_to_what_its_interface_is_in(devices, own):
    Gateway.objects.create(node=own, interface="bridge")
    settle_after_change(own)

    assert Gateway.objects.get().ranges == [LAN]


def test_a_range_that_is_another_nodes_already_is_not_taken_over(devices, own):
    other = NodeFactory(network=own.network)
    Gateway.objects.create(node=other, ranges=["192.168.0.0/16"], interface="eth0")
    Gateway.objects.create(node=own, interface="bridge")
    settle_after_change(own)

    assert Gateway.objects.get(node=own).ranges == []
    assert "leads nowhere yet" in problem_of(own)


def test_a_range_that_the_router_is_in_itself_is_not_taken_from_it(devices, own):
    gateway = NodeFactory(network=own.network, name="branch")
    Gateway.objects.create(node=gateway, ranges=[LAN], interface="bridge")
    settle_after_change(own)

    (peer,) = marked(devices[0], PEERS).values()
    assert peer["allowed-address"] == f"{gateway.address}/32"
    assert marked(devices[0], "/ip/route") == {}
    assert "behind branch" in problem_of(own)


def test_a_default_route_does_not_take_all_that_the_router_sends(devices, own):
    gateway = NodeFactory(network=own.network)
    Gateway.objects.create(node=gateway, ranges=["0.0.0.0/0"], interface="eth0")
    settle_after_change(own)

    assert marked(devices[0], "/ip/route") == {}
    assert "all of the router's traffic" in problem_of(own)


def test_a_network_that_overlaps_where_the_router_is_gets_nothing_but_the_interface(
    devices, operator
):
    network = NetworkFactory(owner=operator, netid="skynet", address_range="192.168.0.0/16")
    node = node_at(devices[0], network, address="192.168.0.1")
    settle()

    assert marked(devices[0], "/ip/address") == {}
    assert "192.168.88.0/24" in problem_of(node)


# What is not ours, and what goes away ------------------------------------------------------------


def test_what_hands_have_made_is_left(devices, network):
    device = devices[0]
    device.add(WIREGUARD, {"name": "theirs", "listen-port": "13231"})
    device.add(PEERS, {"interface": "theirs", "allowed-address": "10.70.0.7/32"})
    menus = (WIREGUARD, PEERS, "/ip/address", "/ip/route", FILTER, NAT)
    before = {menu: device.rows(menu) for menu in menus}
    node = node_at(device, network)
    NodeFactory(network=network)
    settle()

    Node.objects.filter(pk=node.pk).delete()
    reconcile.mark_dirty([node.router_id])
    settle()

    assert {menu: device.rows(menu) for menu in menus} == before


def test_an_interface_of_theirs_with_our_name_is_a_problem(devices, network):
    devices[0].add(WIREGUARD, {"name": "nm-skynet"})
    node = node_at(devices[0], network)
    reconcile.reconcile(node.router)

    assert "nm-skynet is taken" in problem_of(node)


def test_a_router_without_wireguard_is_told_so(network, db):
    from routers import connections
    from routers.simulator import Simulator

    with Simulator(version="6.49.19") as old:
        node = node_at(old.devices[0], network)
        reconcile.reconcile(node.router)
        connections.close()

    assert "no /interface/wireguard" in problem_of(node)


def test_a_node_that_leaves_takes_its_rows_along(devices, own):
    nodes.delete(own)
    settle()

    menus = (WIREGUARD, PEERS, "/ip/address", FILTER)
    assert [marked(devices[0], menu) for menu in menus] == [{}] * 4


def test_a_router_that_was_away_gives_up_its_rows_when_it_is_back(devices, own):
    devices[0].switch_off()
    nodes.delete(own)
    devices[0].switch_on()
    settle()

    assert marked(devices[0], WIREGUARD) == {}


def test_a_wiped_router_gets_its_address_again_and_another_key(devices, own):
    before = own.public_key
    devices[0].factory_reset()
    reconcile.reconcile(own.router)
    settle()

    own.refresh_from_db()
    assert own.public_key != before
    assert marked(devices[0], "/ip/address")["skynet:address"]["address"] == f"{own.address}/16"


def test_a_router_that_is_away_shows_as_an_error(devices, own):
    devices[0].switch_off()
    with pytest.raises(Exception, match="router"):
        reconcile.reconcile(own.router)

    assert problem_of(own)
