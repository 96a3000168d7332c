"""Joins at once: no address goes to two, and no key is used more often than it allows."""

from collections import Counter

import pytest

from networks import allocation, joining
from networks.admins import services as admins
from networks.errors import AdminExists, HubExists, NetidTaken, RangeOverlaps, WrongAccessKey
from networks.joining import Door
from networks.keyupdate import rolling
from networks.keyupdate import services as keyupdate
from networks.mesh import services as mesh
from networks.models import AccessKey, KeyChange, KeyUpdate, Lease, Network, Node, Platform
from networks.nodes import services as nodes
from tests.factories import (
    AccessKeyFactory,
    CompanyFactory,
    NetworkFactory,
    NodeFactory,
    RouterFactory,
)
from tests.parallel import at_a_lock, at_once
from users.models import User

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

MANY = 6


def mac_of(n):
    return f"8c:90:b5:06:f1:{n:02x}"


def come_in(network, n, **facts):
    admission = joining.Admission(network, Door.KEY, AccessKey.objects.get(network=network))
    return joining.join(admission, mac_address=mac_of(n), **facts)


def refused(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


def test_devices_that_join_at_once_have_addresses_of_their_own():
    network = NetworkFactory()
    AccessKeyFactory(network=network, uses_left=None)
    rows = Network.objects.filter(pk=network.pk)

    nodes = at_a_lock(rows, lambda n: come_in(network, n), MANY)

    assert not refused(nodes)
    assert {node.address for node in nodes} == {f"10.70.0.{n}" for n in range(1, MANY + 1)}
    assert Lease.objects.count() == MANY


def test_a_key_for_two_lets_two_of_many_in():
    network = NetworkFactory()
    AccessKeyFactory(network=network, uses_left=2)
    rows = Network.objects.filter(pk=network.pk)

    answers = at_a_lock(rows, lambda n: come_in(network, n), MANY)

    assert [type(problem) for problem in refused(answers)] == [WrongAccessKey] * (MANY - 2)
    assert Node.objects.count() == Lease.objects.count() == 2
    assert not AccessKey.objects.exists()


def test_one_device_that_joins_many_times_at_once_is_one_node():
    network = NetworkFactory()
    AccessKeyFactory(network=network, uses_left=None)

    nodes = at_once(lambda n: come_in(network, 1), MANY)

    assert not refused(nodes)
    assert {node.address for node in nodes} == {"10.70.0.1"}
    assert Node.objects.count() == 1


def test_the_last_address_goes_to_one():
    network = NetworkFactory(address_range="10.70.0.0/30")
    AccessKeyFactory(network=network, uses_left=None)
    NodeFactory(network=network)

    answers = at_once(lambda n: come_in(network, n), MANY)

    assert len(refused(answers)) == MANY - 1
    assert AccessKey.objects.get().used == 1


def test_no_key_is_used_more_often_than_it_says_even_without_the_networks_lock():
    network = NetworkFactory()
    key = AccessKeyFactory(network=network, uses_left=3)

    answers = at_a_lock(AccessKey.objects.filter(pk=key.pk), lambda n: allocation.use(key), MANY)

    assert len(refused(answers)) == MANY - 3


def test_networks_made_at_once_pick_ranges_of_their_own():
    companies = [CompanyFactory() for _ in range(MANY)]

    networks = at_once(lambda n: mesh.create(companies[n], netid=f"net{n}"), MANY)

    assert not refused(networks)
    assert len({network.address_range for network in networks}) == MANY


def test_of_networks_with_one_netid_made_at_once_there_is_one():
    company = CompanyFactory()

    answers = at_once(lambda n: mesh.create(company, netid="skynet"), MANY)

    assert [type(problem) for problem in refused(answers)] == [NetidTaken] * (MANY - 1)


def test_of_first_admins_made_at_once_there_is_one():
    answers = at_once(
        lambda n: admins.create_first(username=f"admin{n}", password="teapot-and-mango"), MANY
    )

    assert [type(problem) for problem in refused(answers)] == [AdminExists] * (MANY - 1)
    assert User.objects.filter(is_superuser=True).count() == Platform.objects.count() == 1


def test_of_hubs_and_of_a_range_named_at_once_there_is_one_each():
    network = NetworkFactory()
    members = [NodeFactory(network=network) for _ in range(MANY)]
    rows = Network.objects.filter(pk=network.pk)
    facts = [{"is_hub": True}, {"allowed_addresses": ["172.31.0.0/16"]}]

    answers = at_a_lock(rows, lambda n: nodes.update(members[n], **facts[n % 2]), MANY)

    kinds = Counter(type(problem) for problem in refused(answers))
    assert kinds == {HubExists: MANY // 2 - 1, RangeOverlaps: MANY // 2 - 1}
    assert Node.objects.filter(is_hub=True).count() == 1


def test_key_updates_asked_for_at_once_are_one():
    network = NetworkFactory()
    NodeFactory(network=network)

    at_once(lambda n: keyupdate.start(Network.objects.get(), None), MANY)

    assert Node.objects.get().key_update_asked_at == Network.objects.get().key_update_at
    assert KeyUpdate.objects.count() == KeyChange.objects.count() == 1


def test_of_turns_taken_at_once_one_is_had():
    network = NetworkFactory()
    for _ in range(MANY):
        NodeFactory(network=network, router=RouterFactory(company=network.company))
    keyupdate.start(network, None)
    changes = list(KeyChange.objects.all())

    had = at_once(lambda n: rolling._takes_its_turn(changes[n]), MANY)

    assert had.count(True) == 1
    assert KeyChange.objects.filter(state="running").count() == 1
