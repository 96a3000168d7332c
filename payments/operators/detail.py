"""One payment with all that led to it: its steps, charges, refunds and webhooks."""

from typing import Any

from django.db.models import Count, F
from django.utils import timezone

from cloudpilot import money
from hotspot.portal.serializers import credentials_of
from hotspot.states import OPEN
from payments.models import Payment, Refund, WebhookEvent
from payments.operators import rows

_ATTEMPT = ("number", "reference", "state", "reason", "started_at", "ended_at")
_STEP = ("number", "before", "after", "reason", "facts", "created_at")


def shown(payment: Payment, *, in_full: bool) -> dict[str, Any]:
    """Return a payment as the API shows it: `in_full` to who may sell, and not only read."""
    [row] = Payment.objects.filter(pk=payment.pk).values(*rows.COLUMNS)
    voucher = payment.voucher
    return rows.shown(row, in_full=in_full) | {
        "provider_ref": payment.provider_ref,
        "credentials": payment.credentials_id,
        "pay_url": payment.pay_url,
        "mac_address": payment.mac_address,
        "ip_address": payment.ip_address,
        "submitted_at": payment.submitted_at,
        "asked_at": payment.asked_at,
        "ask_at": payment.ask_at,
        "package_expiry_time": voucher.expires_at if voucher else None,
        "is_active": bool(voucher and voucher.state_at(timezone.now()) in OPEN),
        "receipt": payment.receipt if in_full else None,
        "voucher": _voucher(payment, in_full=in_full),
        "refunds": [refund_shown(refund, payment) for refund in payment.refunds.order_by("pk")],
        "attempts": list(payment.attempts.order_by("number").values(*_ATTEMPT)),
        "transitions": list(
            payment.transitions.order_by("number").values(*_STEP, by=F("actor_name"))
        ),
        "webhook_events": _webhooks(payment),
    }


def refund_shown(refund: Refund, payment: Payment) -> dict[str, Any]:
    return {
        "id": str(refund.public_id),
        "amount": money.to_text(refund.amount, payment.money_currency),
        "currency": payment.money_currency,
        "state": refund.state,
        "by_hand": refund.by_hand,
        "revoke_voucher": refund.revokes,
        "reason": refund.reason,
        "failure": refund.failure,
        "provider_ref": refund.provider_ref,
        "by": refund.user_name,
        "created_at": refund.created_at,
        "ended_at": refund.ended_at,
    }


def _voucher(payment: Payment, *, in_full: bool) -> dict[str, Any] | None:
    voucher = payment.voucher
    if voucher is None:
        return None
    hidden = {"username": None, "passcode": None}
    return {
        "id": voucher.pk,
        "state": voucher.state_at(timezone.now()),
        "on_router": voucher.on_router_at is not None,
        **(credentials_of(voucher) if in_full else hidden),
    }


def _webhooks(payment: Payment) -> dict[str, int]:
    """Return how many webhooks about the payment came to what."""
    states = payment.webhook_events.values_list("state").annotate(number=Count("pk"))
    return dict.fromkeys(WebhookEvent.State.values, 0) | dict(states)
