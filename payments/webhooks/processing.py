"""What becomes of a webhook: it says where to look, and what the provider says there counts."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone

from payments import asking, polling, providers, references, refunding, settling
from payments import tasks as questions
from payments.gateways.base import Charge, Event, Topic
from payments.gateways.errors import BadWebhook, GatewayError, KeysRefused, NotSent
from payments.models import Payment, WebhookEvent
from payments.states import State
from payments.webhooks import inbox, tasks

log = logging.getLogger("cloudpilot.webhooks")

_State = WebhookEvent.State
_A_JOB = 50  # events; then others of the queue have their turn
_LEASE = timedelta(seconds=60)  # an event that was begun and not ended is begun again
_LOOK = 8  # events at a time: others may be after the first of them
_ATTEMPTS = 5
_NO_PAYMENT_SECONDS = 30  # the webhook may be quicker than the answer to our own request
_ERROR_SECONDS = 15.0
_SOON_SECONDS = 1.0
_OUTAGE = timedelta(days=1)  # the longest that is waited for; payments are asked after anyway
_BATCH = 500


def process(credentials: int, lane: int) -> dict[str, int]:
    """Deal with an account's due events, a job's worth of them; answers what became of how many.

    No two callers may be in one lane at a time.
    """
    _take_up_again(credentials, lane)
    outcomes: Counter[str] = Counter()
    for event in _claimed(credentials, lane):
        outcomes[_deal_safely(event)] += 1
    if outcomes.total() >= _A_JOB:
        tasks.ask_to_process([(credentials, lane)])
    return dict(outcomes)


def _take_up_again(credentials: int, lane: int) -> None:
    """Have dealt with at once what the last job in this lane had in hand when its worker died."""
    left = WebhookEvent.objects.filter(credentials=credentials, lane=lane)
    for event in left.filter(attempts__gte=_ATTEMPTS).select_related("credentials"):
        _die(event, "crashed")  # it may be what they died of
    left.update(due_at=timezone.now(), lane=None)


def drop_bodies(before: datetime) -> int:
    """Empty the bodies of events from `before`, a batch at a time; answers how many."""
    old = WebhookEvent.objects.filter(received_at__lt=before).exclude(state=_State.RECEIVED)
    dropped = 0
    while keys := list(old.exclude(body=None).values_list("pk", flat=True)[:_BATCH]):
        dropped += WebhookEvent.objects.filter(pk__in=keys).update(body=None, headers={}, query={})
    return dropped


def _claimed(credentials: int, lane: int) -> Iterator[WebhookEvent]:
    """Yield due events that are ours to deal with: no two workers get the same one."""
    for _ in range(_A_JOB):
        now = timezone.now()
        due = WebhookEvent.objects.filter(
            credentials=credentials, state=_State.RECEIVED, due_at__lte=now
        )
        for event in due.select_related("credentials").order_by("due_at", "pk")[:_LOOK]:
            mine = due.filter(pk=event.pk, due_at=event.due_at)
            if mine.update(due_at=now + _LEASE, lane=lane, attempts=F("attempts") + 1):
                event.attempts += 1
                yield event
                break
        else:
            return


def _deal_safely(event: WebhookEvent) -> str:
    """Deal with one event so that it cannot keep the others back, whatever it is."""
    try:
        return _deal(event)
    except (OperationalError, InterfaceError):
        raise  # the database is away, and the lease brings the event back
    except Exception:
        log.exception("A webhook crashed", extra={"fields": {"event": event.pk}})
        return _later(event, "crashed", _ERROR_SECONDS * 4**event.attempts)


def _deal(event: WebhookEvent) -> str:
    try:
        told = providers.gateway_of(event.credentials.provider).read_webhook(
            inbox.delivery_of(event)
        )
    except BadWebhook:
        return _die(event, "unreadable")
    payment = _payment_of(event, told)
    if payment is None:
        return _wait_for_payment(event)
    if told.topic is Topic.REFUND or payment.refund_held:
        refunding.hurry(payment)
    elif _is_known(event, payment):
        return _end(event, _State.IGNORED, "known", payment)
    try:
        charge = asking.fetch(payment, provider_ref=told.provider_ref, receipt=told.receipt)
    except GatewayError as exc:
        return _not_told(event, payment, exc)
    settling.apply(payment.pk, _with_amount(charge, told), source="webhook")
    return _end(event, _State.APPLIED, "", payment)


def _not_told(event: WebhookEvent, payment: Payment, error: GatewayError) -> str:
    """Come back later. While the provider is away altogether, that is no fault of the event's.

    The payment itself is asked after much sooner: its guest may have paid, and looks.
    """
    if payment.state in polling.ASKED_AFTER:
        soon = max(_SOON_SECONDS, getattr(error, "retry_after", None) or 0)
        questions.ask_to_poll(payment.pk, after=soon)
    pause = _ERROR_SECONDS * 4**event.attempts
    if isinstance(error, NotSent) and not isinstance(error, KeysRefused):
        pause = max(_ERROR_SECONDS, error.retry_after or 0)
        if timezone.now() - event.received_at < _OUTAGE:
            event.attempts -= 1
    return _later(event, error.code, pause, payment)


def _payment_of(event: WebhookEvent, told: Event) -> Payment | None:
    """Return the payment that an event is about, among those of the account that it came for."""
    payment = references.payment_of(
        event.credentials_id,
        reference=told.reference,
        provider_ref=told.provider_ref,
        receipt=told.receipt,
    )
    if payment is None and told.refund_ref:
        payments = Payment.objects.filter(credentials=event.credentials_id)
        return payments.filter(refunds__provider_ref=told.refund_ref).first()
    return payment


def _is_known(event: WebhookEvent, payment: Payment) -> bool:
    """Whether the provider was asked after it had sent this, and said that all is well."""
    is_settled = payment.state == State.SUCCEEDED
    return is_settled and payment.asked_at is not None and payment.asked_at > event.received_at


def _with_amount(charge: Charge, told: Event) -> Charge:
    """Add what only the webhook says, of providers that tell nobody who asks."""
    amount = told.amount if charge.amount is None else charge.amount
    return replace(charge, amount=amount, receipt=charge.receipt or told.receipt)


def _wait_for_payment(event: WebhookEvent) -> str:
    if event.attempts >= _ATTEMPTS:
        return _end(event, _State.IGNORED, inbox.NO_PAYMENT)
    return _later(event, inbox.NO_PAYMENT, _NO_PAYMENT_SECONDS * event.attempts)


def _later(event: WebhookEvent, reason: str, seconds: float, payment: Payment | None = None) -> str:
    if event.attempts >= _ATTEMPTS:
        return _die(event, reason, payment)
    due_at = timezone.now() + timedelta(seconds=seconds)
    _write(event, due_at=due_at, reason=reason, payment=payment, attempts=event.attempts)
    return "later"


def _die(event: WebhookEvent, reason: str, payment: Payment | None = None) -> str:
    fields = {"event": event.pk, "provider": event.credentials.provider, "reason": reason}
    log.error("A webhook could not be dealt with", extra={"fields": fields})
    return _end(event, _State.DEAD, reason, payment)


def _end(event: WebhookEvent, state: str, reason: str, payment: Payment | None = None) -> str:
    _write(event, state=state, reason=reason, payment=payment, ended_at=timezone.now())
    return str(state)


def _write(event: WebhookEvent, **columns: object) -> None:
    rows = WebhookEvent.objects.filter(pk=event.pk, state=_State.RECEIVED)
    rows.update(lane=None, **columns)
