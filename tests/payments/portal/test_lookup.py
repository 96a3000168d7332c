"""A purchase whose page was lost, found again by phone and receipt; and no help for guesses."""

import pytest

from payments import phones
from routers import keys
from tests.factories import PackageFactory, PaidFactory, RouterFactory
from tests.parallel import at_once

pytestmark = pytest.mark.sql

E164 = "+254712345678"
NOT_FOUND = {
    "error": "No purchase goes by this phone number and receipt.",
    "code": "purchase_not_found",
}


@pytest.fixture
def package(router):
    return PackageFactory(router=router)


def bought(package, **facts):
    phone = facts.pop("phone", E164)
    return PaidFactory(package=package, phone=phone, phone_index=phones.index(phone), **facts)


@pytest.fixture
def payment(package):
    return bought(package, provider_receipt="OJJ1MPU40Z")


def find(portal, receipt, phone="0712345678", **sent):
    body = {"phone_number": phone, "receipt": receipt, **sent}
    return portal.post("/portal/purchases/lookup/", body, format="json")


@pytest.mark.parametrize(
    "typed",
    [
        lambda payment: payment.receipt[-4:],
        lambda payment: payment.receipt[-7:].lower(),
        lambda payment: payment.receipt,
        lambda payment: "OJJ1MPU40Z",
        lambda payment: " ojj1 mpu40z ",
    ],
)
def test_a_phone_and_what_is_left_of_a_receipt_find_it(portal, payment, typed):
    response = find(portal, typed(payment))

    assert response.status_code == 200
    assert response.json()["receipt"] == payment.receipt
    assert response.json()["voucher"]["username"] == payment.voucher.code


def test_of_several_the_one_with_the_receipt_is_found(portal, package, payment):
    bought(package)

    assert find(portal, payment.receipt[-6:]).json()["receipt"] == payment.receipt


def test_all_failures_are_answered_alike(portal, payment, operator):
    next_door = bought(PackageFactory(router=RouterFactory(owner=operator)), phone="+254712345679")
    answers = [
        find(portal, "AAAA"),
        find(portal, "JJ1MPU40Z"),  # the end of M-Pesa's: the beginning is easily guessed
        find(portal, payment.receipt[-4:], phone="0712345000"),
        find(portal, next_door.receipt, phone="0712345679"),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, NOT_FOUND)] * 4


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"receipt": "ABC"}, "receipt"),
        ({"receipt": ""}, "receipt"),
        ({"phone": "x"}, "phone_number"),
    ],
)
def test_what_cannot_be_one_is_named(portal, payment, sent, field):
    response = find(portal, **{"receipt": payment.receipt, **sent})

    assert response.status_code == 400
    assert list(response.json()["fields"]) == [field]


def test_a_phones_receipts_can_be_guessed_at_five_times(portal, payment):
    for _ in range(5):
        assert find(portal, "AAAA").status_code == 404

    refused = find(portal, payment.receipt)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")


def test_many_phones_can_be_tried_thirty_times_at_a_router(portal, payment):
    for n in range(30):
        assert find(portal, "AAAA", phone=f"07123{n:05}").status_code == 404

    assert find(portal, payment.receipt).status_code == 429


def test_a_device_may_guess_five_times(portal, payment):
    for n in range(5):
        find(portal, "AAAA", phone=f"07123{n:05}", mac_address="98:01:a7:cb:bb:00")

    assert find(portal, payment.receipt, mac_address="98-01-A7-CB-BB-00").status_code == 429
    assert find(portal, payment.receipt, mac_address="74:D2:46:AC:EE:11").status_code == 200


def test_who_finds_it_is_not_counted(portal, payment):
    assert {find(portal, payment.receipt).status_code for _ in range(20)} == {200}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_guesses_no_more_than_the_limit_learn_anything(router, package, token):
    from rest_framework.test import APIClient

    def guess(_):
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=token)
        return find(client, "AAAA").status_code

    assert sorted(at_once(guess, 9)) == [404] * 5 + [429] * 4


def test_without_the_routers_key_nothing_is_looked_up(anonymous, payment):
    assert find(anonymous, payment.receipt).status_code == 401


def test_another_routers_key_finds_nothing(portal, payment):
    portal.credentials(HTTP_X_API_KEY=keys.issue(RouterFactory()).token)

    assert find(portal, payment.receipt).status_code == 404
