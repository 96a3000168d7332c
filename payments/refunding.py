"""Giving money back: held first, sent once, and asked after until it is known what became of it.

What is held cannot be given back twice, however many ask at once. That a refund is being sent is
committed before the first byte, as with charges.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from cloudpilot import jobs, limits
from cloudpilot.errors import TooManyRequests
from payments import asking, books, ladder, tasks, transitions, vouchers
from payments.errors import CannotRefund, Moved
from payments.gateways import base
from payments.gateways.base import Outcome, RefundOutcome
from payments.gateways.errors import Absent, Declined, GatewayError, KeysRefused, NotSent, Unknown
from payments.models import LedgerEntry, Payment, Refund
from payments.models.payment import CASH
from payments.providers import gateway_of
from payments.states import State

log = logging.getLogger("cloudpilot.payments")

OPEN = {
    Refund.State.CREATED,
    Refund.State.SUBMITTING,
    Refund.State.UNKNOWN,
    Refund.State.PENDING,
}
# A disputed payment's money is with the bank already.
_GIVES_BACK = {State.SUCCEEDED, State.REVIEW, State.PARTIALLY_REFUNDED}
_GIVE_UP_AFTER = timedelta(hours=1)  # with a provider that cannot be reached
# A refund that the provider does not know by then was never made.
_ABSENT_AFTER = timedelta(minutes=10)
_LONG = timedelta(days=1)  # asked about once a day from then on, and a person should look
_SWEPT_AFTER = timedelta(minutes=1)
_AT_ONCE = 200  # refunds that a sweep takes on
_TRIES = 20
_TOO_MUCH = "There is not so much of this payment left to give back."


def request(
    payment: Payment,
    amount: int | None = None,
    *,
    reason: str = "",
    user: Any,
    revokes: bool = False,
    by_hand: bool = False,
) -> Refund:
    """Hold `amount` minor units of a payment, None: all that is left, and have them given back.

    `by_hand`: somebody has given them back already, outside of the provider. The voucher ends
    when all has gone back, or with this part if it `revokes`. Raises `CannotRefund`, and `Moved`
    if the payment has another state than was read.
    """
    by_hand = by_hand or payment.provider == CASH
    amount = payment.remaining if amount is None else amount
    _demand_possible(payment, amount, by_hand)
    with transaction.atomic():
        payment = _hold(payment, amount)
        refund = Refund.objects.create(
            payment=payment,
            amount=amount,
            by_hand=by_hand,
            revokes=revokes,
            reason=reason,
            user=user,
            user_name=user.get_username(),
        )
        if not payment.remaining:
            transitions.move(
                payment,
                State.REFUND_PENDING,
                reason="refund_requested",
                actor=user,
                facts=_facts(refund),
            )
        if by_hand:
            _settle(refund, base.Refund(RefundOutcome.SUCCEEDED, ""), user)
        else:
            tasks.ask_to_refund(refund.pk, payment.pk)
    return refund


def _demand_possible(payment: Payment, amount: int, by_hand: bool) -> None:
    """Raise `CannotRefund` for what is not there, or what the provider would certainly refuse."""
    if not 1 <= amount <= payment.remaining:
        raise CannotRefund(_TOO_MUCH)  # first of all: who is told to give it back otherwise, would
    if by_hand:
        return
    gateway = gateway_of(payment.provider)
    elsewhere = "give it back yourself, and say so with by_hand"
    if not gateway.can_refund:
        raise CannotRefund(f"{gateway.name} takes no requests for refunds: {elsewhere}.")
    if amount != payment.received and not gateway.can_refund_in_parts:
        raise CannotRefund(f"{gateway.name} gives back whole payments only: {elsewhere}.")


def _hold(payment: Payment, amount: int) -> Payment:
    """Set `amount` aside in one statement, and return the payment as it is then, locked."""
    same = Payment.objects.filter(pk=payment.pk, state=payment.state)
    within = same.filter(received__gte=F("refunded") + F("refund_held") + amount)
    if not (payment.state in _GIVES_BACK and within.update(refund_held=F("refund_held") + amount)):
        if not same.exists():
            raise Moved("The payment has gone on meanwhile.")
        raise CannotRefund(_TOO_MUCH)
    rows = Payment.objects.select_related("voucher")
    return rows.get(pk=payment.pk)


def carry_out(refund_id: int) -> float | None:
    """Send a refund, or ask what became of it; returns in how many seconds to do so again."""
    rows = Refund.objects.select_related("payment__credentials", "payment__credentials_version")
    refund = rows.get(pk=refund_id)
    if refund.state == Refund.State.SUBMITTING:
        _step(refund, Refund.State.UNKNOWN, failure="interrupted")  # whoever sent it is gone
    if refund.state == Refund.State.CREATED:
        return _send(refund)
    if refund.state in OPEN:
        return _ask(refund)
    return None


def _step(refund: Refund, to: Refund.State, **columns: Any) -> None:
    """Take a refund on to a state that does not end it, unless it has ended or gone on meanwhile."""
    mine = Refund.objects.filter(pk=refund.pk, state=refund.state)
    if not mine.update(state=to, **columns):
        raise Moved("The refund has gone on meanwhile.")
    for name, value in {"state": to, **columns}.items():
        setattr(refund, name, value)


def _send(refund: Refund) -> float | None:
    _step(refund, Refund.State.SUBMITTING)
    try:
        said = asking.refund(refund)
    except (Declined, Absent) as refused:
        said = _failed(refused.code)
    except NotSent as error:
        return _not_sent(refund, error)
    except Unknown as error:
        _step(refund, Refund.State.UNKNOWN, failure=error.code)
        return _next_question(refund)
    return _next_question(settle_refund(refund.pk, said))


def _not_sent(refund: Refund, error: NotSent) -> float | None:
    waited = timezone.now() - refund.created_at
    if isinstance(error, KeysRefused):
        settle_refund(refund.pk, _failed("keys_refused"))
    elif waited > _GIVE_UP_AFTER:
        settle_refund(refund.pk, _failed("provider_unreachable"))
    else:
        _step(refund, Refund.State.CREATED, failure=error.code)
        return max(5.0, waited.total_seconds() / 2, error.retry_after or 0)
    return None


def _failed(code: str) -> base.Refund:
    return base.Refund(RefundOutcome.FAILED, "", reason=code)


def _ask(refund: Refund) -> float | None:
    try:
        limits.spend("provider_questions_per_account", str(refund.payment.credentials_id))
    except TooManyRequests as full:
        return float(full.retry_after)
    try:
        said = asking.fetch_refund(refund)
    except Absent:
        if refund.state != Refund.State.UNKNOWN or not _is_due(refund):
            return _next_question(refund)
        said = _failed("never_arrived")
    except GatewayError as error:
        log.info("A refund could not be asked after", extra={"fields": {"code": error.code}})
        if error.code == "ambiguous_refund":
            _settle_by_totals(refund.payment)
        return _next_question(Refund.objects.get(pk=refund.pk))
    return _next_question(settle_refund(refund.pk, said))


def _is_due(refund: Refund) -> bool:
    return timezone.now() - refund.created_at > _ABSENT_AFTER


def _next_question(refund: Refund) -> float | None:
    """Return in how many seconds to ask again, None if the refund has ended."""
    if refund.state not in OPEN:
        return None
    now = timezone.now()
    if now - refund.created_at > _LONG:
        log.error("A refund does not end", extra={"fields": {"refund": str(refund.public_id)}})
    return (ladder.next_refund_question(refund.created_at, now) - now).total_seconds()


def _settle_by_totals(payment: Payment) -> None:
    """End refunds that the provider does not tell apart, where its sum says all of them or none."""
    try:
        charge = asking.fetch(payment)
    except GatewayError:
        return
    payment = Payment.objects.get(pk=payment.pk)
    refunds = payment.refunds.filter(state__in=OPEN)
    known = payment.refunded - books.given_by_hand(payment)  # to the provider
    made = payment.received if charge.outcome is Outcome.REFUNDED else charge.refunded
    if made == known + payment.refund_held:
        said = base.Refund(RefundOutcome.SUCCEEDED, "")
    elif made == known and all(map(_is_due, refunds)):
        said = _failed("never_arrived")
    else:
        return
    for refund in refunds:
        settle_refund(refund.pk, said)


def settle_refund(refund_id: int, said: base.Refund) -> Refund:
    """Write down what the provider says of a refund; once it has ended nothing more happens."""
    for _ in range(_TRIES):
        refund = Refund.objects.select_related("payment", "user").get(pk=refund_id)
        if refund.state not in OPEN or _is_of_another(refund, said):
            return refund
        try:
            with transaction.atomic():
                _settle(refund, said, refund.user)
        except (Moved, IntegrityError):
            continue  # somebody was quicker, with the refund or with its payment
        return refund
    raise Moved("The payment does not come to rest.")


def _is_of_another(refund: Refund, said: base.Refund) -> bool:
    """Whether what was found is another refund of the same payment."""
    others = refund.payment.refunds.exclude(pk=refund.pk)
    return bool(said.provider_ref and others.filter(provider_ref=said.provider_ref).exists())


def _settle(refund: Refund, said: base.Refund, actor: Any) -> None:
    """Write down what is said, and what follows for the payment; call it in a transaction."""
    columns = {"provider_ref": said.provider_ref or refund.provider_ref}
    if said.outcome is RefundOutcome.PENDING:
        _step(refund, Refund.State.PENDING, failure="", **columns)
    elif said.outcome is RefundOutcome.SUCCEEDED:
        _step(refund, Refund.State.SUCCEEDED, failure="", ended_at=timezone.now(), **columns)
        _give_back(_locked(refund), refund, actor)
    else:
        failure = (said.reason or "failed")[:50]
        _step(refund, Refund.State.FAILED, failure=failure, ended_at=timezone.now(), **columns)
        log.warning("A refund failed", extra={"fields": {"code": failure}})
        _keep(_locked(refund), refund, failure)


def _locked(refund: Refund) -> Payment:
    """Return the refund's payment, which changes no more until the transaction ends."""
    rows = Payment.objects.select_for_update(of=("self",)).select_related("voucher")
    return rows.get(pk=refund.payment_id)


def _give_back(payment: Payment, refund: Refund, actor: Any) -> None:
    refunded = payment.refunded + refund.amount
    held = payment.refund_held - refund.amount
    to = _after_giving(payment, whole=refunded == payment.received, others=bool(held))
    transitions.move(
        payment,
        to,
        reason="refunded",
        actor=actor,
        facts=_facts(refund),
        refunded=refunded,
        refund_held=held,
        ask_at=ladder.ask_at(payment, to),
    )
    books.enter(payment, LedgerEntry.Kind.REFUNDED, refund.amount, refund.public_id.hex)
    if refund.revokes or to is State.REFUNDED:
        vouchers.take_back(payment)


def _after_giving(payment: Payment, *, whole: bool, others: bool) -> State:
    """Return where a payment goes when some of its money has gone back."""
    state = State(payment.state)
    if state is State.DISPUTED:
        return state
    if whole:
        return State.REFUNDED
    if state is State.REVIEW or (state is State.REFUND_PENDING and others):
        return state
    return State.PARTIALLY_REFUNDED


def _keep(payment: Payment, refund: Refund, failure: str) -> None:
    """Free what was held for a refund that is not to be: the payment is as it was before."""
    held = payment.refund_held - refund.amount
    if payment.state != State.REFUND_PENDING:
        Payment.objects.filter(pk=payment.pk).update(refund_held=held)
        return
    transitions.move(
        payment,
        _before_pending(payment),
        reason="refund_failed",
        facts={**_facts(refund), "failure": failure},
        refund_held=held,
    )


def _before_pending(payment: Payment) -> State:
    came = payment.transitions.filter(after=State.REFUND_PENDING)
    before = came.exclude(before=State.REFUND_PENDING).order_by("-number").first()
    state = State(before.before) if before else State.SUCCEEDED
    if state is State.SUCCEEDED and payment.refunded:
        return State.PARTIALLY_REFUNDED
    return state


def _facts(refund: Refund) -> dict[str, Any]:
    return {"refund": str(refund.public_id), "amount": refund.amount}


def hurry(payment: Payment) -> None:
    """Ask soon after all refunds of a payment that are under way: a provider has news of one."""
    for pk in payment.refunds.filter(state__in=OPEN).values_list("pk", flat=True):
        tasks.ask_to_refund(pk, payment.pk)


def sweep() -> int:
    """Queue refunds that no job takes care of; answers how many."""
    rows = Refund.objects.filter(ended_at=None, created_at__lt=timezone.now() - _SWEPT_AFTER)
    found = dict(rows.order_by("pk").values_list("pk", "payment_id"))
    queued = jobs.queued(tasks.refund_key(pk) for pk in found)
    running = jobs.locked(tasks.lock_of(payment) for payment in found.values())
    lost = [
        pk
        for pk, payment in found.items()
        if tasks.refund_key(pk) not in queued and tasks.lock_of(payment) not in running
    ]
    with transaction.atomic():
        for pk in lost[:_AT_ONCE]:
            tasks.ask_to_refund(pk, found[pk])
    return len(lost[:_AT_ONCE])
