"""Sending a payment's charge: once, whatever dies on the way.

That it is being sent is committed before the first byte. So whoever comes after a crash knows that
the provider may have it, and asks instead of sending it again.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments import asking, ladder, references, settling, tasks, transitions
from payments.errors import Moved
from payments.gateways.base import Charge, Outcome
from payments.gateways.errors import Declined, KeysRefused, NotSent, Unknown
from payments.models import Attempt, Payment
from payments.states import State

log = logging.getLogger("cloudpilot.payments")

# A guest waits no longer for a provider that cannot be reached.
GIVE_UP_AFTER = timedelta(seconds=60)
# A prompt that comes later than this finds nobody who expects it.
TOO_LATE = timedelta(seconds=180)
_PAUSE = 2.0  # seconds between two tries of what did not get out


def submit(payment_id: int) -> float | None:
    """Send the charge, and note what became of it.

    Returns in how many seconds to try again if it certainly did not get out; else None, and the
    second time it does nothing.
    """
    rows = Payment.objects.select_related("credentials", "credentials_version")
    payment = rows.get(pk=payment_id)
    if payment.state == State.SUBMITTING:
        recover(payment)
    elif payment.state == State.CREATED and timezone.now() - payment.created_at > TOO_LATE:
        transitions.move(payment, State.CANCELED, reason="too_late", card_token=None, ask_at=None)
    elif payment.state == State.CREATED:
        return _send(payment)
    return None


def recover(payment: Payment) -> None:
    """Let a payment whose sender died be asked after: nobody knows how far it came."""
    transitions.move(
        payment,
        State.UNKNOWN,
        reason="interrupted",
        card_token=None,
        ask_at=ladder.ask_at(payment, State.UNKNOWN),
    )
    tasks.ask_to_poll(payment.pk)


def _send(payment: Payment) -> float | None:
    attempt = _begin(payment)
    try:
        charge = asking.charge(payment, attempt)
    except Declined as refused:
        _end(
            payment,
            attempt,
            State.FAILED,
            refused.code,
            Attempt.State.REFUSED,
            refused.provider_ref,
        )
    except NotSent as error:
        return _not_sent(payment, attempt, error)
    except Unknown as error:
        # The attempt stays open: until somebody knows, no other may be made.
        _end(payment, attempt, State.UNKNOWN, error.code, Attempt.State.OPEN)
    else:
        _taken(payment, attempt, charge)
    return None


def _begin(payment: Payment) -> Attempt:
    now = timezone.now()
    with transaction.atomic():
        number = payment.attempts.count() + 1
        transitions.move(
            payment,
            State.SUBMITTING,
            submitted_at=now,
            ask_at=ladder.next_question(State.SUBMITTING, sent_at=now, since=now, now=now),
        )
        tasks.ask_to_poll(payment.pk, after=ladder.WAITING[0])
        return Attempt.objects.create(
            payment=payment, number=number, reference=references.of_attempt(payment, number)
        )


def _taken(payment: Payment, attempt: Attempt, charge: Charge) -> None:
    is_no = charge.outcome is Outcome.FAILED
    _close(attempt, Attempt.State.REFUSED if is_no else Attempt.State.TAKEN, charge.reason)
    Payment.objects.filter(pk=payment.pk).update(card_token=None)
    settling.apply(payment.pk, charge, source="charge")


def _not_sent(payment: Payment, attempt: Attempt, error: NotSent) -> float | None:
    pause = max(_PAUSE, error.retry_after or 0)
    first = payment.attempts.order_by("number")[0]
    waited = timezone.now() - first.started_at
    state = Attempt.State.NOT_SENT
    if isinstance(error, KeysRefused):
        log.warning("A provider refused keys", extra={"fields": {"provider": payment.provider}})
        _end(payment, attempt, State.FAILED, "keys_refused", state)
    elif waited + timedelta(seconds=pause) > GIVE_UP_AFTER:
        _end(payment, attempt, State.FAILED, "provider_unreachable", state)
    elif _end(payment, attempt, State.CREATED, error.code, state):
        return pause
    return None


def _end(
    payment: Payment,
    attempt: Attempt,
    to: State,
    reason: str,
    state: Attempt.State,
    provider_ref: str = "",
) -> bool:
    """Write down how the sending ended, unless the provider told somebody else meanwhile."""
    columns: dict[str, Any] = {} if to is State.CREATED else {"card_token": None}
    if provider_ref:
        columns["provider_ref"] = provider_ref
    with suppress(Moved), transaction.atomic():
        transitions.move(payment, to, reason=reason, ask_at=ladder.ask_at(payment, to), **columns)
        _close(attempt, state, reason)
        return True
    _close(attempt, Attempt.State.TAKEN)
    return False


def _close(attempt: Attempt, state: Attempt.State, reason: str = "") -> None:
    if state == Attempt.State.OPEN:
        return
    Attempt.objects.filter(pk=attempt.pk).update(
        state=state, reason=reason[:50], ended_at=timezone.now()
    )
