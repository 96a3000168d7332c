"""The voucher of a payment: made with the success, and ended when the money goes back."""

from contextlib import suppress
from typing import Any

from django.utils import timezone

from cloudpilot.locks import hold
from hotspot import issuing, services
from hotspot.errors import VoucherEnded, VoucherInUse
from hotspot.models import Voucher
from payments import terms
from payments.errors import Moved, NoVoucherPossible
from payments.models import Payment
from routers.models import Router

NAME_TAKEN = "name_taken"
_AT_ONCE = 100  # vouchers


def give(payment: Payment) -> Voucher:
    """Make the payment's one voucher, of the terms that were bought; call it in a transaction.

    A package that was changed or retired since changes nothing. Raises `NoVoucherPossible` if the
    router is gone, and `Moved` if there is a voucher already.
    """
    # Held, or the router could be deleted before the voucher is there to be deleted with it.
    router = Router.objects.filter(payments=payment)
    if not hold(router):
        raise NoVoucherPossible("The router that this was bought for is gone.")
    voucher = issuing.issue(
        router.get(),
        terms.from_json(payment.terms),
        source=Voucher.Source.SALE,
        package=payment.package,
        sold_before=True,
    )
    mine: Any = Payment.objects.filter(pk=payment.pk, voucher=None)
    if not mine.update(voucher=voucher):
        raise Moved("The payment has its voucher already.")
    payment.voucher = voucher
    return voucher


def draw_free_codes() -> int:
    """Give sold vouchers whose code is somebody else's at the router another; answers how many.

    What is there is never taken over: it may be a member's own account. The guest reads the code
    on the page, and finds the new one there.
    """
    stuck = Voucher.objects.filter(
        source=Voucher.Source.SALE, problem=NAME_TAKEN, first_login_at=None, on_router_at=None
    )
    drawn = 0
    for voucher in stuck.live(timezone.now())[:_AT_ONCE]:
        with suppress(VoucherEnded, VoucherInUse):
            issuing.draw_new_code(voucher)
            drawn += 1
    return drawn


def take_back(payment: Payment) -> None:
    """End the payment's voucher, and put out whoever is online with it; the second time nothing."""
    if payment.voucher is None:
        return
    with suppress(VoucherEnded):
        services.revoke(payment.voucher)
