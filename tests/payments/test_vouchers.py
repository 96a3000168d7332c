"""What a paid voucher does at its router."""

import pytest

from hotspot.models import Voucher
from payments import settling, tasks
from payments.gateways.base import Outcome
from routers.reconcile.services import reconcile
from tests.factories import PackageFactory, PaidFactory, make_voucher, said

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

USERS = "/ip/hotspot/user"


@pytest.fixture
def sold(router):
    """A voucher that a guest has paid for, and that the router has not heard of."""
    return PaidFactory(package=PackageFactory(router=router)).voucher


def users(device):
    return {row["name"]: row.get("comment") for row in device.rows(USERS)}


def test_a_paid_voucher_comes_to_its_router(router, device, sold):
    reconcile(router)

    assert users(device)[sold.code] == f"cp:voucher:{sold.pk}"


def test_money_that_goes_back_takes_the_voucher_off_its_router(router, device, sold):
    reconcile(router)
    payment = sold.payment

    settling.apply(payment.pk, said(payment, Outcome.REFUNDED), source="webhook")
    reconcile(router)

    assert sold.code not in users(device)


def test_a_code_that_somebody_has_on_the_router_is_left_to_them_and_the_guest_gets_another(
    router, device, sold
):
    device.add(USERS, {"name": sold.code, "password": "x", "comment": "mine"})
    reconcile(router)

    assert tasks.replace_taken_codes() == 1
    reconcile(router)

    renewed = Voucher.objects.get(pk=sold.pk)
    assert users(device)[sold.code] == "mine"
    assert users(device)[renewed.code] == f"cp:voucher:{sold.pk}"
    assert tasks.replace_taken_codes() == 0


def test_only_what_was_sold_gets_another_code_by_itself(router, device):
    made = make_voucher(PackageFactory(router=router))
    device.add(USERS, {"name": made.code})
    reconcile(router)

    assert tasks.replace_taken_codes() == 0
