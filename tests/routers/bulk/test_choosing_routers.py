"""Which routers a bulk command is for."""

import pytest

from routers.models import Router, RouterStatus
from tests.factories import CompanyFactory, RouterFactory
from tests.routers.bulk.support import outcomes, post

pytestmark = pytest.mark.sql

ROUTERS = {
    "cafe": {"name": "Café Uhuru", "location": "Moi Avenue", "host": "10.0.0.1", "is_online": True},
    "bar": {"name": "Bar 100%", "location": "Moi Avenue", "host": "10.0.0.12", "is_active": False},
    "roof": {"name": "Roof", "location": "", "host": "roof.example.com", "port": 443},
    "loft": {"name": "Loft", "port": 9999, "use_https": True, "chosen_transport": "rest"},
    "old": {"name": "Old", "port": 9999, "use_https": True},
}
VERSIONS = {"cafe": "7.16.2 (stable)", "bar": "7.1 (stable)", "roof": "7.1.5", "old": "6.49.10"}


@pytest.fixture
def routers(operator):
    rows = {name: RouterFactory(owner=operator, **fields) for name, fields in ROUTERS.items()}
    for name, version in VERSIONS.items():
        RouterStatus.objects.create(router=rows[name], version=version)
    RouterFactory()  # a stranger's
    return rows


@pytest.mark.parametrize(
    ("conditions", "chosen"),
    [
        ({"all": True}, "cafe bar roof loft old"),
        ({"name": "café"}, "cafe"),
        ({"name": "%"}, "bar"),
        ({"location": "moi"}, "cafe bar"),
        ({"host": "10.0.0.1"}, "cafe"),
        ({"host": "Roof.Example.com"}, "roof"),
        ({"is_online": True}, "cafe"),
        ({"is_active": False}, "bar"),
        ({"version": "7.1"}, "bar roof"),
        ({"version": "7"}, "cafe bar roof"),
        ({"version": "7.16.2 (st"}, "cafe"),
        ({"transport": "api"}, "cafe bar"),
        ({"transport": "rest"}, "loft"),
        ({"transport": "rest-ssl"}, "roof"),
        ({"transport": "api-ssl"}, "old"),
        ({"location": "Moi", "is_active": True}, "cafe"),
    ],
    ids=str,
)
def test_a_router_is_chosen_if_it_meets_every_condition(client, routers, conditions, chosen):
    response = post(client, routers=conditions)

    assert response.status_code == 202, response.json()
    assert outcomes(response).keys() == {routers[name].pk for name in chosen.split()}


def test_routers_can_be_named_by_either_id(client, routers):
    by_id = post(client, routers={"ids": [routers["cafe"].pk, routers["bar"].pk]})
    by_public_id = post(client, routers={"public_ids": [routers["roof"].public_id]})

    assert outcomes(by_id).keys() == {routers["cafe"].pk, routers["bar"].pk}
    assert outcomes(by_public_id).keys() == {routers["roof"].pk}


@pytest.mark.parametrize("transport", ["api", "api-ssl", "rest", "rest-ssl"])
@pytest.mark.parametrize("port", [80, 443, 8728, 8729, 9999])
@pytest.mark.parametrize("use_https", [True, False])
def test_the_transport_that_is_looked_for_is_the_one_in_use(
    client, operator, transport, port, use_https
):
    router = RouterFactory(owner=operator, port=port, use_https=use_https)

    found = post(client, routers={"transport": transport}).status_code == 202

    assert found == (router.transport == transport)


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({}, "routers"),
        (None, "routers"),
        ("all", "routers"),
        ({"all": False}, "routers.all"),
        ({"all": True, "name": "x"}, "routers.all"),
        ({"colour": "red"}, "routers.colour"),
        ({"ids": []}, "routers.ids"),
        ({"ids": ["x"]}, "routers.ids.0"),
        ({"ids": [2**63]}, "routers.ids.0"),
        ({"ids": [7] * 10_001}, "routers.ids"),
        ({"ids": [987654321]}, "routers.ids"),
        ({"public_ids": ["RTR_00000000"]}, "routers.public_ids"),
        ({"name": "nobody has this"}, "routers"),
        ({"name": ""}, "routers.name"),
        ({"is_online": None}, "routers.is_online"),
        ({"transport": "telnet"}, "routers.transport"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_conditions_that_choose_nothing_are_refused_by_field(client, routers, conditions, field):
    response = post(client, routers=conditions)

    assert response.status_code == 400
    assert list(response.json()["fields"]) == [field]


def test_a_strangers_router_is_refused_as_one_that_is_not_there(client, routers):
    theirs = RouterFactory().pk

    foreign = post(client, routers={"ids": [theirs]}).json()
    missing = post(client, routers={"ids": [theirs + 1]}).json()

    assert str(foreign).replace(str(theirs), "…") == str(missing).replace(str(theirs + 1), "…")


def test_a_router_of_another_company_of_ones_own_is_not_chosen(client, operator, routers):
    other = RouterFactory(company=CompanyFactory(owner=operator))

    mixed = post(client, routers={"ids": [routers["cafe"].pk, other.pk]})
    theirs = post(client, routers={"all": True}, company=other.company.public_id)

    assert mixed.status_code == 400
    assert outcomes(theirs).keys() == {other.pk}


def test_more_routers_than_a_batch_takes_are_refused(client, operator, monkeypatch):
    monkeypatch.setattr("routers.bulk.filters.MOST_ROUTERS", 2)
    RouterFactory.create_batch(3, owner=operator)

    response = post(client)

    assert response.json()["fields"] == {"routers": ["More than 2 routers match."]}
    assert Router.objects.count() == 3
