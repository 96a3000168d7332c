"""Buying on a portal: what is asked for is frozen, once a guest, and not too often a phone."""

import json
import logging

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cloudpilot.jobs.models import Job
from cloudpilot.models import RateCounter
from hotspot.errors import PackageRetired
from hotspot.models import Package
from payments import purchasing, terms
from payments.models import Payment
from payments.states import State
from routers import keys
from routers.models import Router
from tests.factories import CredentialsFactory, PackageFactory, RouterFactory
from tests.parallel import at_once
from users.models import Company

PHONE, E164 = "0712 345-678", "+254712345678"
PATH = "/portal/purchases/"


@pytest.fixture
def package(router):
    return PackageFactory(router=router, name="Day pass", price=5000)


@pytest.fixture
def account(operator):
    return CredentialsFactory(owner=operator)


@pytest.fixture
def buy(portal, package, account):
    def buy(**sent):
        body = {"package": package.pk, "phone_number": PHONE, **sent}
        return portal.post(PATH, {k: v for k, v in body.items() if v is not ...}, format="json")

    return buy


def elsewhere(**sent):
    """Buy with a phone at a router of another company."""
    router = RouterFactory()
    CredentialsFactory(company=router.company)
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=keys.issue(router).token)
    body = {"package": PackageFactory(router=router).pk, "phone_number": PHONE, **sent}
    return client.post(PATH, body, format="json")


def charges():
    return Job.objects.filter(task="payments.charge")


def test_a_purchase_is_waited_for(buy):
    response = buy()

    payment = Payment.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "receipt": payment.receipt,
        "status": "pending",
        "amount": "50.00",
        "currency": "KES",
        "package": "Day pass",
        "voucher": None,
        "access": "none",
        "expires_at": None,
        "pay_url": None,
        "reason": None,
    }


def test_its_charge_is_queued_with_it(buy):
    buy()

    assert charges().get().arguments == {"payment": Payment.objects.get().pk}


def test_what_was_bought_is_frozen(buy, portal, package, account):
    receipt = buy().json()["receipt"]
    Package.objects.update(price=9900, name="Dearer", duration_hours=99, is_active=False)

    shown = portal.get(f"{PATH}{receipt}/").json()

    payment = Payment.objects.get()
    assert (shown["amount"], shown["package"]) == ("50.00", "Day pass")
    assert terms.from_json(payment.terms).lifetime.total_seconds() == 3600
    assert payment.credentials_version == account.versions.get()


def test_a_phone_is_kept_in_one_form_and_sealed(buy):
    buy()

    payment = Payment.objects.get()
    assert payment.phone == E164
    assert "712345678" not in str(Payment.objects.values().get())


@pytest.mark.parametrize("typed", ["+254 712 345 678", "254712345678", "712345678"])
def test_however_a_phone_is_typed_it_is_one(buy, typed):
    first, second = buy().json(), buy(phone_number=typed).json()

    assert first == second


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"package": 987654}, "package"),
        ({"package": "Day pass"}, "package"),
        ({"package": ...}, "package"),
        ({"phone_number": ...}, "phone_number"),
        ({"phone_number": ""}, "phone_number"),
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": "+44 20 7946 0000"}, "phone_number"),
        ({"phone_number": "5512345678"}, "phone_number"),  # Mexico's, which M-Pesa has not
        ({"mac_address": "mine"}, "mac_address"),
        ({"ip_address": "here"}, "ip_address"),
        ({"email": "nobody"}, "email"),
        ({"amount": "1.00"}, "amount"),
    ],
)
def test_what_is_wrong_is_named(buy, sent, field):
    response = buy(**sent)

    assert response.status_code == 400
    assert list(response.json()["fields"]) == [field]
    assert response.json()["code"] == "invalid"
    assert not Payment.objects.exists()


def test_a_package_of_another_router_or_off_sale_is_unknown(buy, router):
    others = PackageFactory(router=RouterFactory(company=router.company))
    off_sale = PackageFactory(router=router, is_active=False)
    retired = PackageFactory(router=router, is_active=False, retired_at=timezone.now())

    answers = [buy(package=row.pk) for row in (others, off_sale, retired)]

    assert [answer.json()["fields"] for answer in answers] == [
        {"package": ["There is no such object."]}
    ] * 3


def test_no_caller_can_sell_another_companys_package(router, account):
    with pytest.raises(PackageRetired):
        purchasing.purchase(router, PackageFactory(), phone="+254712345000")

    assert not Payment.objects.exists()


def refused(response):
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("method", ["conekta", "cash", "nonsense", "KOPOKOPO"])
def test_who_cannot_take_it_is_no_way_to_pay(buy, method):
    assert refused(buy(method=method)) == (409, "no_way_to_pay")


def test_without_an_account_in_use_there_is_no_way_to_pay(buy, account):
    account.is_active = False
    account.save()
    switched_off = buy(), buy(method="kopokopo")
    account.is_active, account.deleted_at = True, timezone.now()
    account.save()

    assert {refused(response) for response in (*switched_off, buy())} == {(409, "no_way_to_pay")}


def test_another_companys_account_is_no_way_to_pay(buy, account, stranger):
    account.company = stranger.personal_company
    account.save()

    assert refused(buy()) == (409, "no_way_to_pay")


def test_a_currency_that_nobody_takes_is_no_way_to_pay(buy, router):
    foreign = PackageFactory(router=router, currency="UGX")

    assert refused(buy(package=foreign.pk)) == (409, "no_way_to_pay")


def test_the_newest_account_is_paid_into(buy, account):
    newest = CredentialsFactory(company=account.company, environment="live")

    buy()

    assert Payment.objects.get().credentials == newest


def test_what_the_method_does_not_need_is_not_kept(buy):
    buy(card_token="tok_1")

    assert Payment.objects.get().card_token is None


# --- Who may ----------------------------------------------------------------------------------


def test_only_a_routers_key_buys(anonymous, client, db):
    assert anonymous.post(PATH, {}).status_code == 401
    assert client.post(PATH, {}).status_code == 401


def test_an_inactive_router_sells_nothing(buy):
    Router.objects.update(is_active=False)

    assert refused(buy()) == (403, "router_inactive")


def test_an_inactive_company_sells_nothing(buy):
    Company.objects.update(is_active=False)

    assert refused(buy()) == (403, "company_inactive")


# --- Twice ------------------------------------------------------------------------------------


def test_two_clicks_are_one_purchase_and_one_prompt(buy):
    first, second = buy(), buy()

    assert (second.status_code, second.json()) == (201, first.json())
    assert Payment.objects.count() == charges().count() == 1
    assert set(RateCounter.objects.values_list("spent", flat=True)) == {1}


def test_another_device_with_the_same_phone_is_another_purchase(buy):
    mine = buy(mac_address="98:01:A7:CB:BB:00").json()["receipt"]

    assert buy(mac_address="74:D2:46:AC:EE:11").json()["receipt"] != mine


def test_who_knows_a_phone_is_not_shown_its_receipt_elsewhere(buy, portal):
    mine = buy().json()["receipt"]
    portal.defaults["REMOTE_ADDR"] = "203.0.113.9"

    assert buy().json()["receipt"] != mine


def test_what_came_to_nothing_can_be_bought_again(buy):
    first = buy().json()["receipt"]
    Payment.objects.update(state=State.FAILED)

    assert buy().json()["receipt"] != first


def test_a_key_answers_the_first_answer_again(buy, portal, package):
    headers = {"HTTP_IDEMPOTENCY_KEY": "5f0f2f4e-0001"}
    body = {"package": package.pk, "phone_number": PHONE}
    first = portal.post(PATH, body, format="json", **headers)
    Payment.objects.update(state=State.FAILED)

    again = portal.post(PATH, body, format="json", **headers)
    other = portal.post(PATH, {**body, "method": "kopokopo"}, format="json", **headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert refused(other) == (422, "idempotency_key_reused")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_clicks_one_is_a_purchase(router, token, package, account):
    def click(_):
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=token)
        body = {"package": package.pk, "phone_number": PHONE}
        response = client.post(PATH, body, format="json")
        return response.status_code, response.json()["receipt"]

    answers = at_once(click, 8)

    assert {status for status, _ in answers} == {201}
    assert len({receipt for _, receipt in answers}) == 1
    assert Payment.objects.count() == charges().count() == 1


# --- Too often --------------------------------------------------------------------------------


def test_a_phone_is_asked_three_times_in_ten_minutes_by_all_companies(buy):
    mine = [buy(mac_address=f"98:01:A7:CB:BB:0{n}").status_code for n in range(2)]
    theirs = [elsewhere() for _ in range(2)]

    assert mine == [201, 201]
    assert [response.status_code for response in theirs] == [201, 429]
    assert 1 <= int(theirs[1]["Retry-After"]) <= 600
    assert Payment.objects.count() == charges().count() == 3


def test_a_device_asks_three_times_in_ten_minutes(buy):
    mac = "98:01:A7:CB:BB:00"
    phones = ["0712345670", "0712345671", "0712345672", "0712345673"]

    answers = [buy(phone_number=phone, mac_address=mac).status_code for phone in phones]

    assert answers == [201, 201, 201, 429]


def test_a_full_cafe_buys_at_one_address(buy):
    answers = {buy(phone_number=f"07123{n:05}").status_code for n in range(60)}

    assert answers == {201}


def test_who_waits_for_the_third_prompt_is_answered_that(buy):
    for n in range(2):
        buy(mac_address=f"98:01:A7:CB:BB:0{n}")
    third = buy()

    assert buy().json() == third.json()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_purchases_no_more_than_the_limit_ask_a_phone(router, token, package, account):
    def click(number):
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=token)
        mac = f"98:01:A7:CB:BB:{number:02}"
        body = {"package": package.pk, "phone_number": PHONE, "mac_address": mac}
        return client.post(PATH, body, format="json").status_code

    assert sorted(at_once(click, 8)) == [201] * 3 + [429] * 5
    assert Payment.objects.count() == 3


# --- What is not told -------------------------------------------------------------------------


def test_no_log_has_a_receipt_a_phone_or_a_code(buy, portal, caplog):
    caplog.set_level(logging.DEBUG)
    receipt = buy().json()["receipt"]
    portal.get(f"{PATH}{receipt}/")
    portal.get(f"{PATH}{receipt}/nonsense")

    lines = json.dumps([vars(record) for record in caplog.records], default=str)
    assert "/portal/purchases/" in lines
    assert receipt not in lines
    assert "712345678" not in lines
