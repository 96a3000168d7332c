"""Which rows a network wants of a router, as plain values: `test_on_routers` carries them out."""

import pytest
from django.utils import timezone

from networks.desired import rows
from networks.models import Gateway, Network
from tests.factories import NetworkFactory, NodeFactory, RouterFactory

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

WIREGUARD = "/interface/wireguard"
PEERS = "/interface/wireguard/peers"
FILTER = "/ip/firewall/filter"
NAT = "/ip/firewall/nat"


@pytest.fixture
def own(network):
    """A router of the network that we have looked at."""
    router = RouterFactory(company=network.company)
    return NodeFactory(network=network, router=router, looked_at=timezone.now())


def wanted(node, menu):
    """Return what is wanted in a menu, by what the marks say."""
    found = (row for row in rows(node.router) if row.menu == menu)
    return {row.key.removeprefix("cp:mesh:"): row.attributes for row in found}


def test_the_interface_and_its_address_are_the_networks(own):
    interface, address = wanted(own, WIREGUARD)["skynet"], wanted(own, "/ip/address")

    assert interface == {"name": "nm-skynet", "listen-port": 51821, "mtu": 1420, "disabled": False}
    assert address == {"skynet:address": {"address": "10.70.0.1/16", "interface": "nm-skynet"}}


def test_a_peer_is_reached_at_its_address_and_called_where_it_has_an_endpoint(own):
    peer = NodeFactory(network=own.network, endpoint="198.51.100.9", listen_port=6400)

    assert wanted(own, PEERS)[f"skynet:peer:{peer.pk}"] == {
        "interface": "nm-skynet",
        "public-key": peer.public_key,
        "allowed-address": f"{peer.address}/32",
        "endpoint-address": "198.51.100.9",
        "endpoint-port": 6400,
        "persistent-keepalive": 20,
    }


def test_who_is_behind_nat_calls_and_is_not_called(own):
    NodeFactory(network=own.network)

    (row,) = wanted(own, PEERS).values()
    assert (row["endpoint-address"], row["endpoint-port"]) == ("", 0)


@pytest.mark.parametrize(
    "why",
    [{"is_pending": True}, {"public_key": "aorijqalrik3ajflaqrdajhkr", "has_valid_key": False}],
)
def test_who_is_not_connected_is_no_peer(own, why):
    NodeFactory(network=own.network, **why)

    assert wanted(own, PEERS) == {}


def test_a_node_that_has_expired_holds_nothing(own):
    own.expires_at = timezone.now()
    own.save()

    assert list(rows(own.router)) == []


def test_until_we_have_looked_a_router_makes_a_key_alone(own):
    own.looked_at = None
    own.save()

    assert [row.menu for row in rows(own.router)] == [WIREGUARD]


def test_in_a_star_a_router_has_the_hub_alone(own):
    Network.objects.filter(pk=own.network_id).update(topology=Network.Topology.HUB)
    hub = NodeFactory(network=own.network, is_hub=True, endpoint="198.51.100.1")
    NodeFactory(network=own.network)

    (row,) = wanted(own, PEERS).values()
    assert (row["public-key"], row["allowed-address"]) == (hub.public_key, "10.70.0.0/16")


def test_the_hub_passes_on_what_goes_from_one_to_another(own):
    own.is_hub = True
    own.save()

    relay = wanted(own, FILTER)["skynet:relay"]
    assert relay["in-interface"] == relay["out-interface"] == "nm-skynet"


def test_the_firewall_lets_in_the_tunnel_and_what_comes_out_of_it(own):
    rules = wanted(own, FILTER)

    assert rules["skynet:port"] == {
        "chain": "input",
        "action": "accept",
        "protocol": "udp",
        "dst-port": "51821",
    }
    assert rules["skynet:inside"] == {
        "chain": "input",
        "action": "accept",
        "in-interface": "nm-skynet",
        "src-address": "10.70.0.0/16",
    }
    assert all(row.first for row in rows(own.router) if row.menu == FILTER)


def test_a_second_network_has_rows_of_its_own(own, operator):
    other = NetworkFactory(owner=operator, netid="other", address_range="10.71.0.0/16")
    NodeFactory(network=other, router=own.router, listen_port=51822)

    ports = {netid: row["listen-port"] for netid, row in wanted(own, WIREGUARD).items()}
    assert ports == {"skynet": 51821, "other": 51822}


def test_a_network_of_both_families_has_addresses_of_both(own):
    own.address6 = "fd00:7::8"
    own.save()
    family = {"is_dual_stack": True, "address_range6": "fd00:7::/64"}
    Network.objects.filter(pk=own.network_id).update(**family)
    NodeFactory(network=own.network, address="10.70.0.9", address6="fd00:7::9")

    (address,) = wanted(own, "/ipv6/address").values()
    (peer,) = wanted(own, PEERS).values()
    assert (address["address"], address["advertise"]) == ("fd00:7::8/64", False)
    assert peer["allowed-address"] == "10.70.0.9/32,fd00:7::9/128"
    assert wanted(own, "/ipv6/firewall/filter")["skynet:inside"]["src-address"] == "fd00:7::/64"


# Gateways ------------------------------------------------------------------------------------


def gateway_to(range_, **fields):
    return Gateway.objects.create(ranges=[range_], interface="eth0", **fields)


def test_what_lies_behind_a_gateway_has_a_route_on_the_others(own):
    node = NodeFactory(network=own.network)
    gateway_to("172.31.0.0/16", node=node)

    (peer,) = wanted(own, PEERS).values()
    assert peer["allowed-address"] == f"{node.address}/32,172.31.0.0/16"
    assert wanted(own, "/ip/route") == {
        "skynet:route:172.31.0.0/16": {"dst-address": "172.31.0.0/16", "gateway": "nm-skynet"}
    }


def test_what_lies_behind_it_in_ipv6_has_an_ipv6_route(own):
    gateway_to("fd01::/48", node=NodeFactory(network=own.network))

    assert list(wanted(own, "/ipv6/route")) == ["skynet:route:fd01::/48"]


def test_a_gateway_hides_the_network_behind_its_own_address(own):
    gateway_to("172.31.0.0/16", node=own, found_interface="ether1")

    assert wanted(own, NAT)["skynet:nat"] == {
        "chain": "srcnat",
        "action": "masquerade",
        "src-address": "10.70.0.0/16",
        "out-interface": "ether1",
    }
    rules = wanted(own, FILTER)
    assert rules["skynet:out"]["out-interface"] == rules["skynet:back"]["in-interface"] == "ether1"
    assert rules["skynet:back"]["connection-state"] == "established,related"


def test_without_nat_hosts_behind_a_gateway_may_begin(own):
    gateway_to("172.31.0.0/16", node=own, found_interface="ether1", nat=False)

    assert wanted(own, NAT) == {}
    assert "connection-state" not in wanted(own, FILTER)["skynet:back"]


def test_an_interface_that_was_not_found_has_no_rule(own):
    gateway_to("172.31.0.0/16", node=own)

    assert wanted(own, NAT) == {}


@pytest.mark.parametrize("range_", ["192.168.88.0/24", "192.168.0.0/16", "0.0.0.0/0"])
def test_a_range_that_would_take_from_the_router_what_it_reaches_itself_is_left_out(own, range_):
    own.subnets = ["192.168.88.0/24"]
    own.save()
    node = NodeFactory(network=own.network)
    gateway_to(range_, node=node)

    (peer,) = wanted(own, PEERS).values()
    assert peer["allowed-address"] == f"{node.address}/32"
    assert wanted(own, "/ip/route") == {}


def test_a_network_that_overlaps_where_the_router_is_gets_nothing_but_the_interface(own):
    own.subnets = ["10.70.5.0/24"]
    own.save()

    assert [row.menu for row in rows(own.router)] == [WIREGUARD]
