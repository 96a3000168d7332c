"""When a provider is asked after a payment.

Webhooks get lost, and a provider's first answers are sometimes old: so questions go on for days,
ever more seldom.
"""

from datetime import datetime, timedelta
from itertools import count, takewhile

from django.utils import timezone

from payments.models import Payment
from payments.states import State

MINUTE, HOUR, DAY = 60, 3600, 86_400

# Seconds since the charge was sent.
_EARLY = (3, 6, 10, 15, 20, 30, 45, 60, 90, 120, 180)
_LATE = (5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR)
_DAILY = tuple(DAY * day for day in range(1, 8))
WAITING = (*_EARLY, *_LATE, *_DAILY)
# Seconds since the provider said no: it may have been too soon.
FAILED = (MINUTE, 10 * MINUTE, HOUR, DAY)
# Seconds since a dispute began: banks take their time.
DISPUTED = tuple(takewhile(lambda seconds: seconds <= 120 * DAY, count(DAY, DAY)))
# Seconds since a refund was asked for, and daily from then on: it may wait for money to refund with.
REFUND = (2, 5, 10, 20, 40, 60, 120, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR)

_RUNGS = {
    State.CREATED: WAITING,  # for `polling.sweep`, should what sends it be lost
    State.SUBMITTING: WAITING,
    State.UNKNOWN: WAITING,
    State.PENDING: WAITING,
    State.EXPIRED: WAITING,
    State.CANCELED: FAILED,
    State.FAILED: FAILED,
    State.DISPUTED: DISPUTED,
}
# From these the time is counted since they began, from the others since the charge was sent.
_SINCE_BEGUN = {State.CANCELED, State.FAILED, State.DISPUTED}

PROMPT_LIFETIME = timedelta(seconds=180)  # a prompt on a phone is gone long before
VOUCHER_LIFETIME = timedelta(days=3)  # what the guest pays at a counter or by a transfer
# No provider is known to show a charge later than this after it took it.
ABSENT_AFTER = timedelta(seconds=120)


def next_question(
    state: State, *, sent_at: datetime, since: datetime, now: datetime
) -> datetime | None:
    """Return when the provider is to be asked next, None if not again.

    `sent_at` is when the charge was, and `since` when the payment came into `state`.
    """
    start = since if state in _SINCE_BEGUN else sent_at
    for seconds in _RUNGS.get(state, ()):
        if (due := start + timedelta(seconds=seconds)) > now:
            return due
    return None


def next_refund_question(asked_for: datetime, now: datetime) -> datetime:
    """Return when the provider is to be asked next after a refund that is under way."""
    for seconds in REFUND:
        if (due := asked_for + timedelta(seconds=seconds)) > now:
            return due
    return now + timedelta(days=1)


def has_expired(*, sent_at: datetime, now: datetime, pays_elsewhere: bool) -> bool:
    """Whether nobody is expected to pay any more; if somebody does, it counts all the same."""
    return now - sent_at >= (VOUCHER_LIFETIME if pays_elsewhere else PROMPT_LIFETIME)


def ask_at(payment: Payment, state: State) -> datetime | None:
    """Return when the provider is to be asked after a payment that now comes into `state`."""
    now = timezone.now()
    sent_at = payment.submitted_at or payment.created_at
    return next_question(state, sent_at=sent_at, since=now, now=now)
