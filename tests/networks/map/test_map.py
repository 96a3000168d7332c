"""The map of a network over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from networks.models import Link
from tests.conftest import Client
from tests.factories import NodeFactory

pytestmark = pytest.mark.sql

MAP = "/api/networks/skynet/map"


@pytest.fixture
def pair(network):
    hub = NodeFactory(network=network, name="hub", is_hub=True)
    spoke = NodeFactory(network=network, name="spoke")
    now = timezone.now()
    ago = [now - timedelta(seconds=seconds) for seconds in (300, 20)]
    Link.objects.create(network=network, a=spoke, b=hub, last_handshake_at=ago[0], rx_bytes=5,
                        tx_bytes=70, seen_at=now)  # fmt: skip
    Link.objects.create(network=network, a=hub, b=spoke, last_handshake_at=ago[1], rx_bytes=80,
                        tx_bytes=4, seen_at=now)  # fmt: skip
    return hub, spoke


def test_a_tunnel_is_one_link_of_what_both_ends_know(client, pair):
    hub, spoke = pair
    (link,) = client.get(MAP).json()["links"]

    assert {link["a"], link["b"]} == {hub.mac_address, spoke.mac_address}
    assert link["state"] == "up"
    assert 20 <= link["handshakeage"] < 200
    there = link["bytesatob"] if link["a"] == spoke.mac_address else link["bytesbtoa"]
    back = link["bytesbtoa"] if link["a"] == spoke.mac_address else link["bytesatob"]
    assert (there, back) == (80, 5)


def test_nodes_say_what_they_are_and_how_they_are(client, network, pair):
    NodeFactory(network=network, name="late", is_pending=True)
    nodes = {node["name"]: node for node in client.get(MAP).json()["nodes"]}

    assert {name: (node["role"], node["state"]) for name, node in nodes.items()} == {
        "hub": ("hub", "never"),
        "spoke": ("node", "never"),
        "late": ("node", "pending"),
    }


@pytest.mark.parametrize(
    ("path", "headers"), [(MAP, {"Accept": "image/svg+xml"}), (f"{MAP}.svg", {})]
)
def test_it_is_drawn_for_who_wants_a_picture(client, pair, path, headers):
    answer = client.get(path, headers=headers)

    assert answer["Content-Type"].startswith("image/svg+xml")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"0 of 2 nodes up, 1 tunnels seen" in answer.content


def test_a_browsers_accept_gets_json(client, pair):
    accept = "text/html,application/xhtml+xml,image/svg+xml;q=0.8,*/*;q=0.5"

    assert client.get(MAP, headers={"Accept": accept}).json()["netid"] == "skynet"


def test_with_too_many_tunnels_the_liveliest_are_shown(client, pair, monkeypatch, network):
    monkeypatch.setattr("networks.map.gathering.MOST_LINES", 1)
    third = NodeFactory(network=network)
    Link.objects.create(network=network, a=pair[0], b=third, seen_at=timezone.now())

    shown = client.get(MAP).json()

    assert (len(shown["links"]), shown["linksleftout"]) == (1, 1)
    assert shown["links"][0]["state"] == "up"


def test_queries_do_not_grow_with_the_network(client, pair, network, django_assert_max_num_queries):
    NodeFactory.create_batch(20, network=network)

    with django_assert_max_num_queries(8):
        client.get(MAP)


def test_a_node_may_look_and_a_stranger_may_not(as_node, stranger, pair):
    assert as_node(pair[1]).get(MAP).status_code == 200
    assert Client().as_user(stranger).get(MAP).status_code == 404
