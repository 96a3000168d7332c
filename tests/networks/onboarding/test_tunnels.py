"""Under `saas` a private address is a router's only where the company's own tunnel leads to it."""

import pytest

from cloudpilot import hosts
from networks.models import Node
from routers import connections, tunnels
from routers.routeros import Deadline
from tests.factories import CompanyFactory, NodeFactory, RouterFactory


@pytest.fixture(autouse=True)
def _for_strangers(settings):
    settings.ROUTER_HOST_POLICY = "saas"


@pytest.fixture
def router(operator, network, hub):
    router = RouterFactory(owner=operator, host="10.70.0.5")
    NodeFactory(network=network, router=router, address="10.70.0.5")
    return router


def connect_to(router):
    return connections._checked(connections.endpoint_of(router), Deadline(5))


def test_it_is_reached_at_its_own_address_in_the_tunnel(router):
    assert connect_to(router) == ["10.70.0.5"]


@pytest.mark.parametrize("host", ["10.70.0.250", "10.70.0.6", "192.168.1.1", "127.0.0.1"])
def test_and_at_no_other_private_one(router, host):
    router.host = host

    with pytest.raises(hosts.HostNotAllowed):
        connect_to(router)


@pytest.mark.parametrize(
    "change",
    [{"is_pending": True}, {"router": None}, {"has_valid_key": False}],
    ids=["pending", "not its node", "without a key"],
)
def test_a_node_that_is_not_in_leads_nowhere(router, change):
    Node.objects.filter(router=router).update(**change)

    with pytest.raises(hosts.HostNotAllowed):
        connect_to(router)


@pytest.mark.parametrize(
    "change",
    [{"is_host": False}, {"sync_state": Node.Sync.ERROR}, {"sync_state": Node.Sync.PENDING}],
)
def test_a_tunnel_that_is_not_up_on_this_host_leads_nowhere(router, hub, change):
    Node.objects.filter(pk=hub.pk).update(**change)

    with pytest.raises(hosts.HostNotAllowed):
        connect_to(router)


def test_a_router_that_went_to_another_company_is_not_reached_by_the_tunnel(router):
    router.company = CompanyFactory()
    router.save()

    with pytest.raises(hosts.HostNotAllowed):
        connect_to(router)


@pytest.mark.parametrize("host", ["100.100.100.200", "169.254.169.254"])
def test_what_is_never_allowed_is_not_allowed_by_a_tunnel(router, host):
    Node.objects.filter(router=router).update(address=host)
    router.host = host

    with pytest.raises(hosts.HostNotAllowed):
        connect_to(router)


def test_nobody_is_asked_about_public_addresses(router, monkeypatch):
    monkeypatch.setattr(tunnels, "lead_to", lambda *_: pytest.fail("asked"))
    router.host = "203.0.113.9"

    assert connect_to(router) == ["203.0.113.9"]


def test_whoever_sends_the_whole_router_back_may(client, router):
    answer = client.patch(f"/routers/{router.pk}/", {"host": "10.70.0.5", "name": "Café"})

    assert answer.status_code == 200
    assert client.patch(f"/routers/{router.pk}/", {"host": "10.70.0.6"}).status_code == 400
