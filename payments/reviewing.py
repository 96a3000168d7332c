"""What a person decides about money that was not what was asked for, or that a bank took back."""

from typing import Any

from django.db import models

from payments import refunding, settling, transitions
from payments.errors import NotInReview
from payments.models import Payment
from payments.states import State


class Decision(models.TextChoices):
    ACCEPT = "accept", "take it as it is: the guest gets the voucher, or the bank keeps its money"
    REFUND = "refund", "give back what came"
    REFUNDED_ELSEWHERE = "refunded_elsewhere", "it was given back already, by other means"


def decide(payment: Payment, decision: str, *, note: str = "", user: Any) -> None:
    """Take a payment out of review, as `user` has decided.

    Raises `NotInReview`, `Moved` if it has gone on since it was read, `NoVoucherPossible` and
    `CannotRefund`.
    """
    if payment.state == State.DISPUTED:
        _decide_on_dispute(payment, decision, note, user)
    elif payment.state != State.REVIEW:
        raise NotInReview("Nobody has to decide anything about this payment.")
    elif decision == Decision.ACCEPT:
        settling.complete(
            payment,
            received=0,
            reason="accepted",
            actor=user,
            facts=_facts(note),
            accepted_by=user,
        )
    elif decision == Decision.REFUNDED_ELSEWHERE and not payment.received:
        # Money that never was in the operator's books has left the guest's purchase alone.
        _close(payment, "refunded_elsewhere", note, user)
    else:
        by_hand = decision == Decision.REFUNDED_ELSEWHERE
        refunding.request(payment, reason=note or "Review", user=user, by_hand=by_hand)


def _decide_on_dispute(payment: Payment, decision: str, note: str, user: Any) -> None:
    """Let a dispute be lost; to win one is the bank's to say."""
    if decision != Decision.ACCEPT:
        raise NotInReview("The money is with the bank: all that is left is to accept that.")
    if payment.remaining or payment.refund_held:
        raise NotInReview("Some of the money is on its way yet; try again later.")
    _close(payment, "dispute_accepted", note, user)


def _close(payment: Payment, reason: str, note: str, user: Any) -> None:
    transitions.move(
        payment, State.REFUNDED, reason=reason, actor=user, facts=_facts(note), ask_at=None
    )


def _facts(note: str) -> dict[str, Any]:
    return {"note": note} if note else {}
