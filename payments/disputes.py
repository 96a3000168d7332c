"""Money that goes back without our doing, and comes again: disputes, and refunds made elsewhere."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from payments import books, ladder, transitions, vouchers
from payments.models import LedgerEntry, Payment, Refund
from payments.states import State

# In these nothing is left that a voucher could be good for.
_ENDS_VOUCHER = {State.REFUNDED, State.DISPUTED}


def let_go(payment: Payment, to: State, amount: int, **told: Any) -> None:
    """Take a payment to `to` with `amount` that has gone back: taken, or by somebody at the provider."""
    refunded = payment.refunded + amount
    with transaction.atomic():
        transitions.move(payment, to, refunded=refunded, ask_at=ladder.ask_at(payment, to), **told)
        if amount:
            enter_return(payment, to, amount)
        if to in _ENDS_VOUCHER:
            vouchers.take_back(payment)


def enter_return(payment: Payment, state: State, amount: int) -> None:
    """Enter `amount` that went back with the step that brought the payment to `state`.

    The step's number makes the entry's reference: a charge may be disputed, won and disputed again.
    """
    if state == State.DISPUTED:
        reference = f"dispute {payment.version}"
        books.enter(payment, LedgerEntry.Kind.TAKEN_BACK, amount, reference)
        return
    reference = f"at provider {payment.version}"
    books.enter(payment, LedgerEntry.Kind.REFUNDED, amount, reference)
    Refund.objects.create(
        payment=payment,
        amount=amount,
        state=Refund.State.SUCCEEDED,
        provider_ref=reference,
        reason="Refunded at the provider",
        ended_at=timezone.now(),
    )


def win(payment: Payment, to: State, amount: int, **told: Any) -> None:
    """Note that `amount`, which disputes had taken, is the operator's again.

    The voucher stays ended: its time has most likely gone by, and the operator may make another.
    """
    with transaction.atomic():
        refunded = payment.refunded - amount
        transitions.move(payment, to, refunded=refunded, ask_at=None, **told)
        if amount:
            reference = f"won {payment.version}"
            books.enter(payment, LedgerEntry.Kind.GIVEN_AGAIN, amount, reference)
