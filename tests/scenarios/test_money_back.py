"""Whoever has their money back is off the router: user, session and cookie."""

import pytest
from django.utils import timezone

from payments import settling
from payments.gateways.base import Outcome
from routers.reconcile import services
from tests.factories import PackageFactory, PaidFactory, said
from tests.hotspot.guests import COOKIES, log_in, online, users, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(router, device):
    """A payment whose guest is online with what they bought."""
    payment = PaidFactory(package=PackageFactory(router=router, price=1000))
    services.reconcile(router)
    log_in(device, payment.voucher)
    assert online(device) == [payment.voucher.code]
    return payment


def on_router(router, device):
    """Let the router have what was decided; return who it knows, and who is online."""
    work(router, timezone.now())
    device.advance(5)
    return list(users(device)), online(device), device.rows(COOKIES)


def refund(client, payment, **body):
    path = f"/payments/{payment.public_id}/refund/"
    return client.post(path, {"reason": "Bought twice", "by_hand": True, **body})


def test_a_refund_of_all_of_it_puts_the_guest_out(client, payment, router, device):
    assert refund(client, payment).status_code == 201

    assert on_router(router, device) == ([], [], [])


@pytest.mark.parametrize("outcome", [Outcome.DISPUTED, Outcome.REFUNDED])
def test_money_that_was_taken_back_puts_the_guest_out(payment, router, device, outcome):
    settling.apply(payment.pk, said(payment, outcome), source="webhook")

    assert on_router(router, device) == ([], [], [])


def test_a_refund_of_a_part_leaves_the_guest_online(client, payment, router, device):
    refund(client, payment, amount="4.00")

    code = payment.voucher.code
    assert on_router(router, device)[:2] == ([code], [code])


def test_the_last_part_or_one_that_says_so_puts_the_guest_out(client, payment, router, device):
    refund(client, payment, amount="4.00", revoke_voucher=True)

    assert on_router(router, device) == ([], [], [])


def test_what_was_paid_in_cash_lets_the_guest_in_at_once(client, router, device):
    package = PackageFactory(router=router)

    told = client.post("/payments/cash/", {"package": package.pk}).json()

    services.reconcile(router)
    assert list(users(device)) == [told["voucher"]["username"]]
    shown = client.get(f"/payments/{told['id']}/").json()
    assert shown["voucher"]["on_router"] is True
