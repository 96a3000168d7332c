"""A device that says it is a router which we know: whose place it may take by an access key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from networks.models import AccessKey, Node
from tests.factories import NetworkFactory, NodeFactory, RouterFactory

pytestmark = pytest.mark.django_db

MAC = "8c:90:b5:06:f1:01"  # the first that `joined` lets in


@pytest.fixture
def place(network):
    """A router of the company's, which is in the network and was heard of a moment ago."""
    router = RouterFactory(company=network.company)
    node = NodeFactory(
        network=network, mac_address=MAC, router=router, last_check_in_at=timezone.now()
    )
    node.set_password("reallysecret")
    node.save()
    return node


@pytest.fixture
def old_key(access_key):
    AccessKey.objects.update(created_at=timezone.now() - timedelta(hours=2))
    return access_key


def test_an_old_key_does_not_give_a_routers_place_away(joined, place, old_key):
    answer = joined(password="guessed-it")

    old_key.refresh_from_db()
    place.refresh_from_db()
    assert answer.status_code == 401
    assert "make another key" in answer.json()["Message"]
    assert old_key.uses_left == 10
    assert place.has_password("reallysecret")


def test_a_key_of_the_last_hour_brings_a_wiped_router_back_to_its_address(
    joined, place, access_key
):
    answer = joined(password="made-anew")

    assert (answer.status_code, answer.json()["address"]) == (200, place.address)


def test_so_does_one_that_was_made_since_it_was_heard_of(joined, place, old_key):
    Node.objects.update(last_check_in_at=timezone.now() - timedelta(days=1))

    assert joined(password="made-anew").status_code == 200


def test_and_any_key_one_that_people_entered_and_that_was_never_heard_of(joined, place, old_key):
    Node.objects.update(last_check_in_at=None)

    assert joined(password="made-anew").status_code == 200


@pytest.mark.parametrize("sign", ["last_check_in_at", "last_handshake_at"])
def test_each_sign_of_life_counts(joined, place, old_key, sign):
    Node.objects.update(last_check_in_at=None)
    Node.objects.update(**{sign: timezone.now()})

    assert joined(password="made-anew").status_code == 401


def test_a_router_that_has_its_password_comes_again_by_any_key(joined, place, old_key):
    assert joined().status_code == 200


def test_a_plain_peer_comes_again_by_any_key(joined, place, old_key):
    Node.objects.update(router=None)

    assert joined(password="made-anew").status_code == 200


def test_nor_does_an_old_key_give_it_away_in_another_network_of_the_company(
    joined, anonymous, operator, place, old_key
):
    place.network = NetworkFactory(owner=operator, netid="second", address_range="10.71.0.0/16")
    place.save()

    assert joined().status_code == 401


def test_a_stranger_with_the_same_address_is_somebody_else(joined, place, old_key):
    place.network = NetworkFactory(netid="strangers", address_range="10.71.0.0/16")
    place.save()

    assert joined().status_code == 200


@pytest.mark.parametrize("more", [{}, {"HTTP_IDEMPOTENCY_KEY": "one"}])
def test_passwords_are_not_guessed_so(joined, anonymous, place, old_key, settings, more):
    settings.LIMITS = {**settings.LIMITS, "wrong_mesh_credentials_per_device": (2, 60)}
    anonymous.defaults |= more

    answers = [joined(password=f"guess-{n}").status_code for n in range(3)]

    assert answers == [401, 401, 429]
    assert old_key.uses_left == 10
