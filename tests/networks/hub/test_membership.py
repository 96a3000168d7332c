from datetime import timedelta

import pytest
from django.utils import timezone

from networks.hub.leases import ProcessLease
from networks.hub.membership import MAC_ADDRESS
from networks.models import HubProcess, Network, Node
from tests.conftest import Client
from tests.factories import (
    HubProcessFactory,
    MembershipFactory,
    NetworkFactory,
    NodeFactory,
    RouterFactory,
    UserFactory,
)
from tests.networks.conftest import KEY
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

ADD = "/api/server/addnetwork/skynet"
REMOVE = "/api/server/removenetwork/skynet"
CONFIG = "/api/server/getconfig"


@pytest.fixture
def process(settings):
    """A hub process that is there, on a host that nodes can reach."""
    settings.MESH_ENDPOINT = "hub.example.com"
    return HubProcessFactory()


def test_the_host_joins_as_a_node_of_the_pages_name(client, network, process):
    answer = client.post(ADD)

    node = client.get(f"/api/nodes/skynet/{MAC_ADDRESS}").json()
    assert (answer.status_code, answer.json()) == (200, "Server added to network skynet")
    assert (node["name"], node["ishub"], node["syncstate"]) == ("netmaker", True, "pending")
    assert node["endpoint"] == "hub.example.com"


def test_adding_it_again_only_says_anew_where_it_is_reached(client, network, process):
    client.post(ADD)
    before = Node.objects.get()

    assert client.post(ADD, {"endpoint": "198.51.100.1"}).status_code == 200

    after = Node.objects.get()
    assert (before.pk, before.address) == (after.pk, after.address)
    assert after.endpoint == "198.51.100.1"


def test_without_a_process_that_could_do_it_the_caller_hears_what_to_start(client, network):
    answer = client.post(ADD)

    assert answer.status_code == answer.json()["Code"] == 503
    assert "run_hub" in answer.json()["Message"]
    assert not Node.objects.exists()


@pytest.mark.parametrize(
    ("facts", "hint"),
    [
        ({"seen_at": timezone.now() - timedelta(minutes=5)}, "run_hub"),
        ({"problem": "this needs the capability CAP_NET_ADMIN, or root"}, "CAP_NET_ADMIN"),
    ],
)
def test_a_process_that_is_gone_or_powerless_is_none(client, network, facts, hint):
    HubProcessFactory(**facts)

    answer = client.post(ADD)

    assert answer.status_code == 503
    assert hint in answer.json()["Message"]


def test_removing_the_host_deletes_its_node_and_a_second_time_nothing(client, network, process):
    client.post(ADD)

    answers = [client.delete(REMOVE).json() for _ in range(2)]

    assert answers == ["Server removed from network skynet"] * 2
    assert not Node.objects.exists()


def test_the_host_comes_back_to_its_address(client, network, process):
    client.post(ADD)
    address = Node.objects.get().address
    client.delete(REMOVE)
    NodeFactory(network=network)
    client.post(ADD)

    assert Node.objects.get(is_host=True).address == address


def test_networks_that_meet_on_the_host_share_no_address(client, operator, network, process):
    NetworkFactory(owner=operator, netid="other", address_range="10.70.128.0/24")
    client.post("/api/server/addnetwork/other")

    answer = client.post(ADD)

    assert answer.json()["Code"] == 409
    assert "overlaps" in answer.json()["Message"]


def test_a_network_on_the_host_moves_into_no_other_networks_range(
    client, operator, network, process
):
    strangers = NetworkFactory(address_range="10.71.0.0/16")
    NodeFactory(network=strangers, is_host=True, listen_port=51900)
    client.post(ADD)

    moved = client.put("/api/networks/skynet", {"addressrange": "10.71.4.0/24"})

    assert moved.status_code == 409
    assert Network.objects.get(netid="skynet").address_range == "10.70.0.0/16"


def test_networks_on_the_host_have_ports_of_their_own(client, operator, network, process):
    NetworkFactory(owner=operator, netid="other", address_range="10.71.0.0/16")
    client.post("/api/server/addnetwork/other")
    client.post(ADD)

    ports = Node.objects.values_list("listen_port", flat=True)
    assert sorted(ports) == [51821, 51822]


def test_a_network_of_other_peoples_addresses_does_not_come_to_the_host(client, network, process):
    Network.objects.update(address_range="8.8.8.0/24")

    assert client.post(ADD).status_code == 409


def test_a_network_has_one_hub(client, network, process):
    NodeFactory(network=network, name="other", is_hub=True)

    assert "other" in client.post(ADD).json()["Message"]


def test_a_router_can_be_the_hub_instead_and_stays_when_it_is_no_more(client, operator, network):
    router = RouterFactory(owner=operator)

    added = client.post(ADD, {"router": router.pk, "endpoint": "198.51.100.1"})
    node = Node.objects.get()
    removed = client.delete(REMOVE)

    assert (added.status_code, removed.status_code) == (200, 200)
    assert (node.router, node.is_hub, node.endpoint) == (router, True, "198.51.100.1")
    assert not Node.objects.get().is_hub


def test_another_companys_router_is_not_found(client, network):
    assert client.post(ADD, {"router": RouterFactory().pk}).status_code == 400


def test_a_viewer_adds_and_removes_nothing(client_of, network, process):
    viewer = UserFactory()
    MembershipFactory(user=viewer, company=network.company, role="viewer")

    assert client_of(viewer).post(ADD).status_code == 403
    assert client_of(viewer).delete(REMOVE).status_code == 403


def test_no_device_takes_the_hosts_place_with_an_access_key(client, anonymous, access_key, process):
    client.post(ADD)

    body = {"macaddress": MAC_ADDRESS, "password": "reallysecret", "accesskey": KEY}
    assert anonymous.post("/api/nodes/skynet", body).status_code == 409


def test_the_servers_setup_is_shown_to_who_runs_it_without_the_master_key(
    master, client, network, process
):
    client.post(ADD)

    shown = master.get(CONFIG).json()

    assert shown["masterkey"] == "(hidden)"
    assert shown["hub"]["running"]
    assert shown["hub"]["networks"] == ["skynet"]
    assert client.get(CONFIG).status_code == 403


def test_one_process_at_a_time_is_the_hub():
    first, second = ProcessLease(), ProcessLease()

    assert first.hold("")
    assert not second.hold("")
    first.release()
    assert second.hold("")


def test_a_process_that_says_nothing_any_more_loses_its_place():
    ProcessLease().hold("")
    HubProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=1))

    assert ProcessLease().hold("")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_processes_that_start_at_once_one_is_the_hub():
    leases = [ProcessLease() for _ in range(6)]

    assert sorted(at_once(lambda i: leases[i].hold(""), 6)) == [False] * 5 + [True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_networks_that_overlap_one_comes_to_the_host(operator, settings):
    settings.MESH_ENDPOINT = "hub.example.com"
    HubProcessFactory()
    for netid in ("one", "two"):
        NetworkFactory(owner=operator, netid=netid)
    clients = [Client().as_user(operator) for _ in range(2)]

    answers = at_once(
        lambda i: clients[i].post(f"/api/server/addnetwork/{('one', 'two')[i]}").status_code, 2
    )

    assert sorted(answers) == [200, 409]
