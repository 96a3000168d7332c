from datetime import timedelta

import pytest
from django.utils import timezone

from networks import links
from networks.links import Sighting
from networks.models import Link
from tests.factories import NetworkFactory, NodeFactory, RouterFactory

pytestmark = [pytest.mark.sql, pytest.mark.django_db]
NOW = timezone.now()


@pytest.fixture
def pair():
    network = NetworkFactory()
    return NodeFactory(network=network), NodeFactory(network=network)


def sighting(node, *, ago=0, **seen):
    return Sighting(node.public_key, NOW - timedelta(seconds=ago), **seen)


def test_each_end_has_a_link_of_its_own(pair):
    a, b = pair

    links.note(a, [sighting(b, ago=5, rx_bytes=10, tx_bytes=20)], seen_at=NOW)
    links.note(b, [sighting(a, ago=3)], seen_at=NOW)

    assert (a.links.get().rx_bytes, a.links.get().tx_bytes) == (10, 20)
    assert links.newest_handshake(a) == NOW - timedelta(seconds=3)


def test_a_second_look_replaces_the_first_and_forgets_who_is_no_peer_any_more(pair):
    a, b = pair
    other = NodeFactory(network=a.network)
    links.note(a, [sighting(b), sighting(other)], seen_at=NOW)

    links.note(a, [sighting(b, rx_bytes=7)], seen_at=NOW)

    assert [(link.b, link.rx_bytes) for link in Link.objects.all()] == [(b, 7)]


def test_keys_of_other_networks_and_of_nobody_are_left_out(pair):
    links.note(pair[0], [sighting(NodeFactory()), Sighting("A" * 43 + "=")], seen_at=NOW)

    assert not Link.objects.exists()


def test_the_host_tells_that_it_hears_a_router_and_others_do_not(pair):
    a, b = pair
    b.router = RouterFactory(company=b.network.company)
    b.save()

    links.note(a, [sighting(b, rx_bytes=10)], seen_at=NOW)
    b.refresh_from_db()
    assert b.last_handshake_at is None

    a.is_host = True
    links.note(a, [sighting(b, rx_bytes=10)], seen_at=NOW)
    b.refresh_from_db()
    assert (b.last_handshake_at, b.rx_bytes) == (NOW, 0)


def test_of_a_plain_peer_others_tell(pair):
    a, b = pair

    links.note(a, [sighting(b, rx_bytes=10, tx_bytes=20, endpoint="192.0.2.1:9")], seen_at=NOW)

    b.refresh_from_db()
    assert (b.rx_bytes, b.tx_bytes, b.last_handshake_at) == (20, 10, NOW)
    assert b.observed_endpoint == "192.0.2.1:9"


def test_what_is_older_than_known_changes_nothing_of_a_plain_peer(pair):
    a, b = pair
    links.note(a, [sighting(b, rx_bytes=10)], seen_at=NOW)
    other = NodeFactory(network=a.network)

    links.note(other, [sighting(b, ago=60, rx_bytes=3)], seen_at=NOW)

    b.refresh_from_db()
    assert (b.tx_bytes, b.last_handshake_at) == (10, NOW)
