"""What became of a purchase, for whoever has its receipt."""

import pytest
from django.utils import timezone

from hotspot import services
from hotspot.models import Voucher
from payments.models import Payment
from payments.states import State
from routers import keys
from tests.factories import PackageFactory, PaidFactory, PaymentFactory, RouterFactory


@pytest.fixture
def package(router):
    return PackageFactory(router=router, name="Day pass", price=5000)


def look(portal, payment, **headers):
    return portal.get(f"/portal/purchases/{payment.receipt}/", **headers)


def test_a_paid_purchase_shows_its_voucher_at_once(portal, package):
    payment = PaidFactory(package=package)

    shown = look(portal, payment).json()

    code = payment.voucher.code
    assert (shown["status"], shown["access"]) == ("completed", "activating")
    assert shown["voucher"] == {"username": code, "passcode": code}


def test_once_the_router_has_it_access_is_ready(portal, package):
    payment = PaidFactory(package=package)
    Voucher.objects.update(on_router_at=timezone.now())

    assert look(portal, payment).json()["access"] == "ready"


def test_a_voucher_that_was_taken_back_is_not_shown(portal, package):
    payment = PaidFactory(package=package)
    services.revoke(payment.voucher)

    shown = look(portal, payment).json()

    assert (shown["voucher"], shown["access"], shown["expires_at"]) == (None, "none", None)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.CREATED, "pending"),
        (State.UNKNOWN, "pending"),
        (State.FAILED, "failed"),
        (State.EXPIRED, "failed"),
        (State.REVIEW, "review"),
        (State.REFUNDED, "refunded"),
    ],
)
def test_it_is_told_in_the_words_of_the_portal(portal, package, state, status):
    payment = PaymentFactory(package=package, state=state)

    shown = look(portal, payment).json()

    assert (shown["status"], shown["voucher"]) == (status, None)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("wrong_pin", "wrong_pin"),
        ("cancelled", "cancelled"),
        ("keys_refused", "failed"),
        ("card_expired", "card_expired"),
        ("high_risk", "card_declined"),
    ],
)
def test_why_it_failed_is_told_where_the_guest_can_mend_it(portal, package, reason, told):
    payment = PaymentFactory(package=package, state=State.FAILED, reason=reason)

    assert look(portal, payment).json()["reason"] == told


def test_where_the_guest_goes_on_is_told_while_it_helps(portal, package):
    payment = PaymentFactory(package=package, state=State.PENDING, pay_url="https://pay.example")
    open_one = look(portal, payment).json()["pay_url"]
    Payment.objects.update(state=State.EXPIRED)

    assert (open_one, look(portal, payment).json()["pay_url"]) == ("https://pay.example", None)


def test_a_receipt_is_read_as_people_type_it(portal, package):
    payment = PaymentFactory(package=package)
    typed = f"{payment.receipt[:9].lower()}-{payment.receipt[9:]}"

    assert portal.get(f"/portal/purchases/{typed}/").json()["receipt"] == payment.receipt


def test_another_routers_purchase_is_none(portal, package, operator):
    foreign = PaymentFactory()
    next_door = PaymentFactory(package=PackageFactory(router=RouterFactory(owner=operator)))

    answers = [look(portal, payment) for payment in (foreign, next_door)]
    nowhere = portal.get("/portal/purchases/AAAAAAAAAAAAAAAAAAAAAAAAAAA/")

    assert {response.status_code for response in (*answers, nowhere)} == {404}
    assert {response.content for response in answers} == {nowhere.content}


def test_a_receipt_alone_opens_nothing(anonymous, client, package):
    payment = PaymentFactory(package=package)

    assert look(anonymous, payment).status_code == 401
    assert look(client, payment).status_code == 401


def test_an_answer_that_was_seen_is_not_sent_again(portal, package):
    payment = PaymentFactory(package=package)
    tag = look(portal, payment)["ETag"]

    same = look(portal, payment, HTTP_IF_NONE_MATCH=f'"other", W/{tag}')
    Payment.objects.update(state=State.FAILED)
    changed = look(portal, payment, HTTP_IF_NONE_MATCH=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert same["Cache-Control"] == "private, no-cache"
    assert (changed.status_code, changed.json()["status"]) == (200, "failed")


def test_a_page_of_any_origin_may_look_and_buy(portal, package):
    payment = PaymentFactory(package=package)

    seen = look(portal, payment, HTTP_ORIGIN="http://10.5.50.1")
    asked = portal.options(
        "/portal/purchases/",
        HTTP_ORIGIN="http://10.5.50.1",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="idempotency-key,x-api-key",
    )

    assert seen["Access-Control-Allow-Origin"] == "http://10.5.50.1"
    assert "ETag" in seen["Access-Control-Expose-Headers"]
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]


def test_a_look_costs_few_queries(portal, package, django_assert_max_num_queries):
    payment = PaidFactory(package=package)

    with django_assert_max_num_queries(2 + 1 + 1):  # the key and its use; it; and it is hurried
        look(portal, payment)


def test_a_guest_of_a_router_that_got_a_new_key_still_sees_it(portal, package):
    payment = PaidFactory(package=package)
    portal.credentials(HTTP_X_API_KEY=keys.regenerate(package.router).token)

    assert look(portal, payment).status_code == 200
