"""What a portal's page can offer."""

import pytest
from django.utils import timezone

from tests.factories import PackageFactory

pytestmark = pytest.mark.sql

SHOWN = {
    "name": "Day pass",
    "description": "All day",
    "package_type": "hourly",
    "duration_hours": 24,
    "price": "50.00",
    "currency": "KES",
    "download_speed_mbps": 5,
    "upload_speed_mbps": 2,
    "data_limit_mb": 2048,
    "time_limit_minutes": None,
    "devices": 1,
    "valid_from": "first_login",
}


def test_a_package_on_sale_is_shown_with_its_price_in_units(portal, router):
    package = PackageFactory(router=router, **{**SHOWN, "price": 5000})

    assert portal.get("/portal/packages/").json() == [{"id": package.pk, **SHOWN}]
    assert portal.get("/portal/config/").json()["packages"] == [{"id": package.pk, **SHOWN}]


def test_what_is_not_on_sale_here_is_not_shown(portal, router):
    PackageFactory()
    PackageFactory(router=router, is_active=False)
    PackageFactory(router=router, is_active=False, retired_at=timezone.now())

    assert portal.get("/portal/packages/").json() == []
    assert portal.get("/portal/config/").json()["packages"] == []


def test_a_page_offers_the_cheapest_first(portal, router):
    for price in (300, 100, 200):
        PackageFactory(router=router, price=price)

    prices = [package["price"] for package in portal.get("/portal/config/").json()["packages"]]
    assert prices == ["1.00", "2.00", "3.00"]


def test_packages_are_for_the_router_s_own_key(anonymous, client):
    assert anonymous.get("/portal/packages/").status_code == 401
    assert client.get("/portal/packages/").status_code == 401


def test_a_list_of_packages_costs_as_many_queries_however_long_it_is(
    portal, router, django_assert_num_queries
):
    for _ in range(4):
        PackageFactory(router=router)

    with django_assert_num_queries(3):
        assert len(portal.get("/portal/packages/").json()) == 4
