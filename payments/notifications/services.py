"""What a company is told of its payments: noted with the fact itself, sent later."""

from typing import Any

from cloudpilot import money
from payments.models import Notice, Payment
from payments.states import CLOSED, State, status_of

_TOLD = {
    State.SUCCEEDED: Notice.Kind.COMPLETED,
    State.REVIEW: Notice.Kind.REVIEW,
    State.REFUNDED: Notice.Kind.REFUNDED,
    State.PARTIALLY_REFUNDED: Notice.Kind.REFUNDED,
    State.DISPUTED: Notice.Kind.DISPUTED,
} | dict.fromkeys(CLOSED, Notice.Kind.FAILED)


def announce(payment: Payment, before: State) -> None:
    """Note that a payment has come from `before` to where it is, if anybody cares."""
    kind = _TOLD.get(State(payment.state))
    if kind:
        Notice.objects.create(
            company_id=payment.company_id, payment=payment, kind=kind, data=_told_of(payment)
        )


def _told_of(payment: Payment) -> dict[str, Any]:
    return {
        "payment": str(payment.public_id),
        "status": status_of(payment.state),
        "state": str(payment.state),
        "reason": payment.reason,
        "amount": money.to_text(payment.amount, payment.currency),
        "received": money.to_text(payment.received, payment.money_currency),
        "refunded": money.to_text(payment.refunded, payment.money_currency),
        "currency": payment.currency,
        "provider": payment.provider,
        "provider_receipt": payment.provider_receipt,
        "router": payment.router_name,
        "package": payment.package_name,
    }
