"""Asking after payments: webhooks get lost, and guests wait."""

import logging
import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cloudpilot import jobs, limits
from cloudpilot.errors import TooManyRequests
from cloudpilot.jobs import clock
from payments import asking, charging, ladder, settling, tasks, transitions
from payments.errors import Moved
from payments.gateways.errors import Absent, GatewayError, NotSent
from payments.models import Attempt, Payment
from payments.states import CLOSED, State
from payments.webhooks import silence

log = logging.getLogger("cloudpilot.payments")

ASKED_AFTER = CLOSED | {State.SUBMITTING, State.UNKNOWN, State.PENDING, State.DISPUTED}
# What is due later than this has no job: `sweep` finds it by its time.
_SOON = timedelta(seconds=150)
# Jobs are late on a busy machine; only one that is later than this is looked for.
_GRACE = timedelta(seconds=10)
_AT_ONCE = 200  # payments that a sweep takes on
# A guest who looks again sooner than this learns nothing new.
_HURRY_GAP = timedelta(seconds=3)


def poll(payment_id: int) -> float | None:
    """Ask the provider how a payment stands, and do what follows.

    Returns in how many seconds to ask again, None if not soon or never.
    """
    payment = _read(payment_id)
    if payment.state == State.SUBMITTING:
        charging.recover(payment)  # whoever sent it held this job's lock, and is gone
    if payment.state == State.CREATED:
        return None  # it did not get out, and is to be sent again
    if payment.state not in ASKED_AFTER:
        Payment.objects.filter(pk=payment.pk, version=payment.version).update(ask_at=None)
        return None
    try:
        limits.spend("provider_questions_per_account", str(payment.credentials_id))
    except TooManyRequests as full:
        return _ask_again(payment, full.retry_after + random.uniform(0, 2))  # noqa: S311
    not_before = _ask(payment)
    payment = _read(payment_id)
    _expire(payment)
    return _ask_again(payment, not_before)


def _read(payment_id: int) -> Payment:
    rows = Payment.objects.select_related("credentials", "credentials_version")
    return rows.get(pk=payment_id)


def _ask(payment: Payment) -> float:
    """Ask once; returns for how many seconds the provider wants to be left alone."""
    try:
        _note_silence(payment, settling.apply(payment.pk, asking.fetch(payment), source="poll"))
    except Absent:
        _give_up_absent(payment)
    except NotSent as error:
        _log(payment, error)
        return error.retry_after or 0
    except GatewayError as error:
        _log(payment, error)
    return 0


def _note_silence(before: Payment, payment: Payment) -> None:
    """Count a success that nobody told of: many in a row say that webhooks do not come."""
    waited = before.state in (State.UNKNOWN, State.PENDING)
    if waited and payment.state == State.SUCCEEDED and payment.credentials_id:
        silence.paid_unheard(payment.credentials_id)


def _log(payment: Payment, error: GatewayError) -> None:
    fields = {"provider": payment.provider, "code": error.code}
    log.info("A provider could not be asked", extra={"fields": fields})


def _give_up_absent(payment: Payment) -> None:
    """End a payment that its provider does not know, once it would: nothing was taken."""
    attempt = payment.attempts.order_by("-number").first()
    if payment.state != State.UNKNOWN or attempt is None:
        return
    if timezone.now() - attempt.started_at < ladder.ABSENT_AFTER:
        return
    try:
        transitions.move(
            payment,
            State.FAILED,
            reason="never_arrived",
            ask_at=ladder.ask_at(payment, State.FAILED),
        )
    except Moved:
        return
    Attempt.objects.filter(pk=attempt.pk).update(
        state=Attempt.State.NOT_SENT, reason="never_arrived", ended_at=timezone.now()
    )


def _expire(payment: Payment) -> None:
    """End what nobody is expected to pay any more. It is asked after all the same."""
    if payment.state not in (State.UNKNOWN, State.PENDING):
        return
    now = timezone.now()
    sent_at = payment.submitted_at or payment.created_at
    if ladder.has_expired(sent_at=sent_at, now=now, pays_elsewhere=bool(payment.pay_url)):
        with suppress(Moved):
            transitions.move(
                payment,
                State.EXPIRED,
                reason="no_answer",
                ask_at=ladder.ask_at(payment, State.EXPIRED),
            )


def _ask_again(payment: Payment, not_before: float) -> float | None:
    """Write down when to ask next, and return the seconds until then if a job is to wait for it."""
    now = timezone.now()
    due = ladder.next_question(
        State(payment.state),
        sent_at=payment.submitted_at or payment.created_at,
        since=payment.updated_at,
        now=now,
    )
    if due is not None:
        due = max(due, now + timedelta(seconds=not_before))
    Payment.objects.filter(pk=payment.pk, version=payment.version).update(ask_at=due)
    return (due - now).total_seconds() if due and due - now <= _SOON else None


def hurry(payment: Payment) -> None:
    """Ask sooner, for a guest looks: at most every few seconds, and cheap if there is no need."""
    now = timezone.now()
    recently = payment.asked_at and now - payment.asked_at < _HURRY_GAP
    if recently or payment.state not in (State.UNKNOWN, State.PENDING, State.EXPIRED):
        return
    soon = clock.now() + timedelta(seconds=1)
    if not jobs.queued([tasks.poll_key(payment.pk)], by=soon):
        tasks.ask_to_poll(payment.pk)


def sweep() -> int:
    """Queue what is due and has no job: questions of the later rungs, and jobs that were lost.

    Answers how many.
    """
    late = timezone.now() - _GRACE
    rows = Payment.objects.filter(ask_at__lt=late).order_by("ask_at")
    due = dict(rows.values_list("pk", "state")[:_AT_ONCE])
    for pk in _taken_care_of(due):
        del due[pk]
    with transaction.atomic():
        for pk, state in due.items():
            if state == State.CREATED:
                tasks.ask_to_charge(pk)
            else:
                tasks.ask_to_poll(pk)
    return len(due)


def _taken_care_of(payments: Iterable[int]) -> set[int]:
    """Return which of the payments a job waits or works for."""
    keys = {key(pk): pk for pk in payments for key in (tasks.charge_key, tasks.poll_key)}
    locks = {tasks.lock_of(pk): pk for pk in payments}
    return {keys[key] for key in jobs.queued(keys)} | {locks[at] for at in jobs.locked(locks)}
