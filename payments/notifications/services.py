"""What a company is told of its payments: noted with the fact itself, sent later."""

from typing import Any

from django.db import transaction
from django.db.models import Exists

from cloudpilot import money
from cloudpilot.jobs import clock
from payments.models import Channel, Delivery, Endpoint, Message, Notice, Payment
from payments.notifications import tasks
from payments.states import CLOSED, PAID, State, status_of
from users.models import Company

_TOLD = {
    State.SUCCEEDED: Notice.Kind.COMPLETED,
    State.REVIEW: Notice.Kind.REVIEW,
    State.REFUNDED: Notice.Kind.REFUNDED,
    State.PARTIALLY_REFUNDED: Notice.Kind.REFUNDED,
    State.DISPUTED: Notice.Kind.DISPUTED,
} | dict.fromkeys(CLOSED, Notice.Kind.FAILED)


def announce(payment: Payment, before: State) -> None:
    """Note that a payment has come from `before` to where it is, if anybody cares."""
    kind = _kind_of(State(payment.state), before)
    if kind is None:
        return
    notice = Notice.objects.create(
        company_id=payment.company_id, payment=payment, kind=kind, data=_told_of(payment)
    )
    if _somebody_listens(payment.company_id):
        tasks.ask_to_spread(notice)


def spread(notice_id: int) -> int:
    """Make of a notice what is to be sent to each of its listeners; answers to how many.

    Harmless to repeat: nobody gets a second one.
    """
    notice = Notice.objects.get(pk=notice_id)
    endpoints = Endpoint.objects.all().listening_to(notice)
    channels = Channel.objects.all().listening_to(notice)
    with transaction.atomic():
        Delivery.objects.bulk_create(
            [_delivery(endpoint, notice) for endpoint in endpoints], ignore_conflicts=True
        )
        Message.objects.bulk_create(
            [Message(channel=channel, notice=notice) for channel in channels],
            ignore_conflicts=True,
        )
        for listener in (*endpoints, *channels):
            tasks.ask_to_serve(listener)
    return len(endpoints) + len(channels)


def _kind_of(state: State, before: State) -> Notice.Kind | None:
    # Back to where it was: a refund that was refused is no second sale, and no second review.
    if before == State.REFUND_PENDING and state in {State.SUCCEEDED, State.REVIEW}:
        return None
    if state == State.SUCCEEDED and before in PAID:  # a dispute is over, and the money stays
        return Notice.Kind.DISPUTED
    return _TOLD.get(state)


def _somebody_listens(company_id: int) -> bool:
    rows = {"company": company_id, "is_active": True}
    return (
        Company.objects.filter(pk=company_id)
        .filter(Exists(Endpoint.objects.filter(**rows)) | Exists(Channel.objects.filter(**rows)))
        .exists()
    )


def _delivery(endpoint: Endpoint, notice: Notice) -> Delivery:
    now = clock.now()
    return Delivery(
        company_id=endpoint.company_id,
        endpoint=endpoint,
        notice=notice,
        message_id=notice.public_id,
        kind=notice.kind,
        due_at=now,
        created_at=now,
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
