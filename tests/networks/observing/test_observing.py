"""What is read off routers, and what is kept of it."""

import pytest
from django.http import Http404
from django.utils import timezone

from networks.models import Link
from networks.observing import services, sweep
from networks.observing.asking import Seen
from routers.models import Router
from routers.reconcile import services as reconcile
from tests.factories import NodeFactory, RouterFactory
from tests.networks.routers import INTERFACE, PEERS, WIREGUARD, node_at, settle


@pytest.fixture
def pair(devices, network):
    """Two routers that know each other; the second can be called."""
    pair = node_at(devices[0], network), node_at(devices[1], network, at="198.51.100.2")
    settle()
    for node in pair:
        node.refresh_from_db()
    return pair


@pytest.fixture
def plain_pair(network):
    """A router that nobody asks, and what it would show as its interface; and another node."""
    one = NodeFactory(network=network, router=RouterFactory(company=network.company))
    interface = {"comment": INTERFACE, "name": one.interface, "public-key": one.public_key}
    return one, NodeFactory(network=network), interface


def test_the_sweep_sees_what_has_come_about_since_the_last_pass(devices, pair):
    Router.objects.update(is_online=True)
    Link.objects.all().delete()

    assert sweep.look_at_all() == {"asked": 2, "looked": 2}

    assert Link.objects.filter(last_handshake_at__isnull=False).count() == 2
    pair[0].refresh_from_db()
    assert pair[0].last_handshake_at is not None
    assert pair[0].rx_bytes > 0


def test_the_sweep_passes_over_routers_that_say_nothing(devices, pair):
    Router.objects.update(is_online=True)
    devices[0].switch_off()

    assert sweep.look_at_all() == {"asked": 2, "looked": 1}


def test_the_sweep_goes_on_where_one_was_deleted_meanwhile(devices, pair, monkeypatch):
    Router.objects.update(is_online=True)
    keep = services.keep

    def delete_the_first(router, seen):
        if router == pair[0].router:
            raise Http404
        return keep(router, seen)

    monkeypatch.setattr(services, "keep", delete_the_first)

    assert sweep.look_at_all() == {"asked": 2, "looked": 1}


def test_a_new_key_on_the_router_counts_and_the_others_hear_of_it(devices, pair):
    row = next(row for row in devices[1].rows(WIREGUARD))
    devices[1].set(WIREGUARD, row[".id"], {"private-key": "A" * 42 + "E="})

    services.look_at(pair[1].router)
    settle()

    pair[1].refresh_from_db()
    assert pair[1].public_key != row["public-key"]
    assert devices[0].rows(PEERS)[0]["public-key"] == pair[1].public_key


def test_a_key_that_is_another_nodes_is_a_problem(plain_pair):
    one, two, interface = plain_pair
    seen = Seen(timezone.now(), interfaces=[interface | {"public-key": two.public_key}])

    wrong = services.keep(one.router, seen)

    assert "Another node has the public key" in wrong[one.pk][0]


@pytest.mark.parametrize(
    ("row", "link"),
    [
        ({"last-handshake": "5s", "rx": "-1", "tx": "9" * 40}, (0, 2**63 - 1, "")),
        ({"last-handshake": "5s", "rx": "1 MiB", "current-endpoint-port": "x"}, (0, 0, "")),
        ({"last-handshake": "never"}, None),
        ({"last-handshake": "soon"}, None),
        ({"last-handshake": "-99999999"}, None),
        ({"last-handshake": "99999999999w"}, None),
        ({}, None),
    ],
)
def test_whatever_a_router_shows_is_borne(plain_pair, row, link):
    one, two, interface = plain_pair
    peer = {"interface": one.interface, "public-key": two.public_key, **row}
    addresses = [{"address": "rubbish/99", "interface": "ether1"}]
    seen = Seen(timezone.now(), interfaces=[interface], peers=[peer], addresses=addresses)

    services.keep(one.router, seen)

    kept = Link.objects.filter(a=one, b=two).values_list("rx_bytes", "tx_bytes", "endpoint")
    assert kept.first() == link


def test_a_router_that_joins_again_has_its_address_and_others_its_new_key(
    devices, network, access_key, anonymous, pair
):
    one, two = pair
    devices[0].factory_reset()
    body = {
        "macaddress": one.mac_address,
        "password": "reallysecret",
        "accesskey": "aA3bVG0rnItIRXDx",
    }

    joined = anonymous.post(f"/api/nodes/{network.netid}", body).json()
    settle()

    one.refresh_from_db()
    assert joined["address"] == one.address
    assert devices[0].rows(WIREGUARD)[0]["public-key"] == one.public_key
    assert devices[1].rows(PEERS)[0]["public-key"] == one.public_key
    reconcile.reconcile(two.router)
