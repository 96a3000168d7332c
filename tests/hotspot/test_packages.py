"""What a router sells, under both of its paths, and as a profile on the router."""

import pytest

from hotspot.desired import vouchers
from hotspot.models import Package
from routers.reconcile import services
from tests.factories import PackageFactory, RouterFactory, make_voucher
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]
PATHS = ("/hotspot/packages/", "/routers/packages/")
PROFILES = "/ip/hotspot/user/profile"


def body(router, **fields):
    return {
        "router": router.pk,
        "name": "One day",
        "package_type": "hourly",
        "duration_hours": 24,
        "price": "50.00",
        "download_speed_mbps": 5,
        "upload_speed_mbps": 2,
        **fields,
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_package_is_made_and_shown(client, operator, path):
    router = RouterFactory(owner=operator, name="Uhuru")

    made = client.post(path, body(router))

    assert made.status_code == 201
    assert made.json() == client.get(f"{path}{made.json()['id']}/").json()
    shown = {"price": "50.00", "currency": "KES", "router_name": "Uhuru",
             "package_type_display": "Hourly", "duration_display": "24 hours", "devices": 1,
             "speed_display": "5 Mbps down, 2 Mbps up", "valid_from": "first_login",
             "data_limit_mb": None, "is_active": True, "retired_at": None}  # fmt: skip
    assert made.json() | shown == made.json()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"duration_hours": 1}, {"duration_display": "1 hour"}),
        ({"package_type": "monthly", "duration_hours": 720}, {"duration_display": "1 month"}),
        ({"package_type": "monthly", "duration_hours": 24}, {"duration_display": "24 hours"}),
        ({"download_speed_mbps": 1500}, {"download_speed_display": "1.5 Gbps"}),
        ({"currency": "JPY", "price": "50"}, {"price": "50"}),
        ({"currency": "KWD", "price": "1.25"}, {"price": "1.250"}),
    ],
)
def test_a_package_is_put_into_words(client, operator, fields, words):
    made = client.post(PATHS[0], body(RouterFactory(owner=operator), **fields)).json()

    assert made | words == made


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"price": "0.00"}, "price"),
        ({"price": "0.001"}, "price"),
        ({"price": "50.5", "currency": "JPY"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"duration_hours": 0}, "duration_hours"),
        ({"upload_speed_mbps": 0}, "upload_speed_mbps"),
        ({"devices": 0}, "devices"),
        ({"package_type": "weekly"}, "package_type"),
        ({"currency": "kes"}, "currency"),
        ({"router": "x"}, "router"),
        ({"router": True}, "router"),
        ({"router": 10**30}, "router"),
    ],
)
def test_what_cannot_be_sold_is_refused_by_name(client, operator, fields, named):
    response = client.post(PATHS[0], body(RouterFactory(owner=operator)) | fields)

    assert (response.status_code, [*response.json()["fields"]]) == (400, [named])


def test_a_strangers_router_is_none_that_one_could_sell_on(client):
    response = client.post(PATHS[0], body(RouterFactory()))

    assert response.json()["fields"] == {"router": ["There is no such object."]}


def test_a_name_is_sold_once_a_router(client, operator):
    router = RouterFactory(owner=operator)
    client.post(PATHS[0], body(router))

    again = client.post(PATHS[0], body(router))
    elsewhere = client.post(PATHS[0], body(RouterFactory(owner=operator)))

    assert (again.status_code, [*again.json()["fields"]]) == (400, ["name"])
    assert elsewhere.status_code == 201


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_packages_made_at_once_one_has_the_name(client_of, operator):
    router = RouterFactory(owner=operator)
    clients = [client_of(operator) for _ in range(6)]

    answers = at_once(lambda i: clients[i].post(PATHS[0], body(router)).status_code, 6)

    assert sorted(answers) == [201, 400, 400, 400, 400, 400]


def test_a_package_that_sold_nothing_is_deleted(client, operator):
    package = PackageFactory(router__owner=operator, name="One day")

    response = client.delete(f"{PATHS[1]}{package.pk}/")

    assert response.json() == {"message": 'Package "One day" has been successfully deleted'}
    assert not Package.objects.exists()


def test_a_package_that_sold_anything_is_retired(client, operator):
    package = PackageFactory(router__owner=operator, name="One day")
    voucher = make_voucher(package)

    client.delete(f"{PATHS[1]}{package.pk}/")

    package.refresh_from_db()
    assert (package.retired_at is not None, package.is_active) == (True, False)
    assert client.get(f"/hotspot/vouchers/{voucher.pk}/").json()["state"] == "unused"
    refused = client.post("/hotspot/vouchers/", {"package": package.pk})
    assert (refused.status_code, refused.json()["code"]) == (409, "package_retired")
    assert client.post(PATHS[0], body(package.router)).status_code == 201  # the name is free


@pytest.mark.parametrize("path", PATHS)
def test_a_list_shows_what_is_sold_and_on_request_what_was(client, operator, path):
    sold, deleted = PackageFactory.create_batch(2, router__owner=operator)
    make_voucher(deleted)
    client.delete(f"{path}{deleted.pk}/")

    def shown(**query):
        return [row["id"] for row in client.get(path, query).json()]

    assert shown() == shown(router=sold.router_id) == [sold.pk]
    assert shown(retired=True) == [deleted.pk]
    assert shown(router=deleted.router_id) == []
    assert client.get(f"{path}{deleted.pk}/").status_code == 200
    assert client.get(path, {"router": "x"}).json()["fields"].keys() == {"router"}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_package_that_is_deleted_while_it_sells_is_refused_or_retired(client_of, operator):
    package = PackageFactory(router__owner=operator)
    clients = [client_of(operator) for _ in range(6)]

    def act(index):
        if index % 3 == 0:
            return clients[index].delete(f"{PATHS[0]}{package.pk}/").status_code
        return clients[index].post("/hotspot/vouchers/", {"package": package.pk}).status_code

    answers = at_once(act, 6)

    assert {*answers} <= {200, 201, 400, 404, 409}
    package = Package.objects.filter(pk=package.pk).first()
    assert (201 in answers) == (package is not None)


def test_a_router_is_held_by_its_packages_until_nothing_is_sold_any_more(client, operator):
    package = PackageFactory(router__owner=operator)
    voucher = make_voucher(package)
    router = f"/routers/{package.router_id}/"

    selling = client.delete(router)
    client.delete(f"{PATHS[0]}{package.pk}/")
    sold = client.delete(router)
    client.post(f"/hotspot/vouchers/{voucher.pk}/revoke/")
    done = client.delete(router)

    assert [r.status_code for r in (selling, sold, done)] == [409, 409, 200]
    assert selling.json() | {"code": "router_has_packages", "count": 1} == selling.json()


def test_a_package_is_a_profile_on_its_router(router, device):
    package = PackageFactory(router=router, devices=3)

    services.reconcile(router)

    row = next(r for r in device.rows(PROFILES) if r["name"] == f"cp:package:{package.pk}")
    assert (row["rate-limit"], row["shared-users"]) == ("2M/5M", "3")


def test_what_was_sold_stays_as_fast_as_it_was_sold(client, router, device):
    package = PackageFactory(router=router)
    make_voucher(package)
    client.patch(f"{PATHS[0]}{package.pk}/", {"download_speed_mbps": 1})

    services.reconcile(router)

    rates = {row["name"]: row.get("rate-limit") for row in device.rows(PROFILES)}
    (old,) = (row["profile"] for row in device.rows("/ip/hotspot/user") if "comment" in row
              and row["comment"].startswith("cp:"))  # fmt: skip
    assert rates[f"cp:package:{package.pk}"] == "2M/1M"
    assert rates[old] == "2M/5M"


def test_what_a_router_sells_is_listed_by_the_router(client, operator):
    router = RouterFactory(owner=operator, name="Uhuru")
    PackageFactory(router=router, name="One day")
    PackageFactory(router=router, is_active=False)

    shown = client.get(f"/routers/{router.pk}/packages/").json()

    assert [package["name"] for package in shown["packages"]] == ["One day"]
    assert shown["message"] == "Found 1 active packages for Uhuru"
    assert {"router", "created_at"}.isdisjoint(shown["packages"][0])


def test_a_viewer_sells_nothing(client_of, operator):
    from tests.routers.support import member

    company = member(operator, "viewer")
    router = RouterFactory(company=company)

    made = client_of(operator).post(PATHS[0], body(router))
    deleted = client_of(operator).delete(f"{PATHS[0]}{PackageFactory(router=router).pk}/")

    assert (made.status_code, deleted.status_code) == (403, 403)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_router_is_looked_after_while_packages_are_made_and_sold(operator):
    router = RouterFactory(owner=operator)

    def act(index):
        for number in range(30):
            if index:
                [*vouchers.profiles(router), *vouchers.users(router)]
            else:
                make_voucher(PackageFactory(router=router, name=f"Package {number}"))

    assert at_once(act, 3) == [None, None, None]
