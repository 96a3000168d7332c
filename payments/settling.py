"""What becomes of a payment when its provider, asked with the payment's own keys, has answered.

Webhooks, polls and reports all end in `apply`. It may be called any number of times, in any order
and by many at once: the same sayings lead to the same end, with one voucher and one entry.
"""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from payments import books, disputes, ladder, references, transitions, vouchers
from payments.errors import Moved, NoVoucherPossible
from payments.gateways.base import Charge, Environment, Outcome
from payments.models import Attempt, LedgerEntry, Payment
from payments.states import CLOSED, OPEN, State

log = logging.getLogger("cloudpilot.payments")

_UNSETTLED = OPEN | CLOSED
_MONEY = {Outcome.SUCCEEDED, Outcome.REFUNDED, Outcome.DISPUTED}
NO_CURRENCY = "XXX"  # ISO 4217, for what is none that anybody knows
# A provider that says "paid" of a disputed charge may be showing what it knew before.
DISPUTE_SETTLES = timedelta(hours=24)
# Steps one saying can take, and races that may be lost on the way.
_TRIES = 20


@dataclass(frozen=True)
class Facts:
    """What our books say of a payment, as far as it decides anything."""

    state: State
    amount: int
    currency: str
    money_currency: str = ""  # of all below
    received: int = 0
    refunded: int = 0
    refund_held: int = 0
    taken_back: int = 0  # by disputes, of `refunded`
    by_hand: int = 0  # of `refunded`, of which the provider knows nothing
    provider_ref: str = ""
    reference: str = ""  # of the last attempt
    references: frozenset[str] = frozenset()  # of all attempts
    public_id: UUID | None = None
    identity: str = ""  # of the account; "" if the provider never said
    environment: Environment = Environment.LIVE
    has_voucher: bool = False
    can_have_voucher: bool = True
    of_another: bool = False  # another payment has this charge, or its receipt, already
    in_state_for: timedelta = timedelta()

    @property
    def remaining(self) -> int:
        return self.received - self.refunded - self.refund_held


@dataclass(frozen=True)
class Step:
    """What is to be done: where the payment goes, what came in with that, and what went out."""

    to: State
    reason: str = ""
    came: int = 0
    went: int = 0


def decide(facts: Facts, charge: Charge) -> Step | None:
    """Return the next step of a payment whose provider says `charge`, None if there is none.

    Never backwards: who has had the money is not unpaid by anything that is said later.
    """
    if charge.outcome not in _MONEY:
        return _without_money(facts, charge)
    if facts.state in _UNSETTLED:
        return _first_money(facts, charge)
    if facts.state is State.REFUNDED or _is_foreign(facts, charge):
        return None
    if charge.outcome is Outcome.DISPUTED:
        is_new = facts.state is not State.DISPUTED or facts.remaining
        return Step(State.DISPUTED, "disputed", went=facts.remaining) if is_new else None
    if facts.state is State.DISPUTED and charge.outcome is Outcome.SUCCEEDED:
        return _after_dispute(facts)
    return _rest_of_price(facts, charge) or _given_back(facts, charge)


def _without_money(facts: Facts, charge: Charge) -> Step | None:
    if _is_foreign(facts, charge) or _is_of_earlier_attempt(facts, charge):
        return None
    if charge.outcome is Outcome.FAILED:
        return Step(State.FAILED, charge.reason or "failed") if facts.state in OPEN else None
    return Step(State.PENDING) if facts.state in OPEN - {State.PENDING} else None


def _first_money(facts: Facts, charge: Charge) -> Step:
    """Money for a payment that had none: whatever became of it since, it is there or was."""
    if reason := _is_foreign(facts, charge):
        return Step(State.REVIEW, reason)  # and nothing of it is ours
    # What a provider does not repeat is what it was asked for.
    came = facts.amount if charge.amount is None else charge.amount
    if charge.outcome is Outcome.REFUNDED:
        return Step(State.REFUNDED, "refunded_at_provider", came=came, went=came)
    if charge.outcome is Outcome.DISPUTED:
        return Step(State.DISPUTED, "disputed", came=came, went=came)
    if charge.currency not in ("", facts.currency):
        return Step(State.REVIEW, "currency_differs", came=came)
    if came != facts.amount:
        return Step(State.REVIEW, "amount_differs", came=came)
    if not facts.can_have_voucher:
        return Step(State.REVIEW, NoVoucherPossible.code, came=came)
    return Step(State.SUCCEEDED, came=came)


def _rest_of_price(facts: Facts, charge: Charge) -> Step | None:
    """More of what was paid in parts: the last part makes it good."""
    more = (charge.amount or 0) - facts.received
    in_review = facts.state is State.REVIEW and charge.outcome is Outcome.SUCCEEDED
    if not in_review or more <= 0 or charge.currency not in ("", facts.money_currency):
        return None
    is_whole = facts.received + more == facts.amount and facts.money_currency == facts.currency
    if is_whole and facts.can_have_voucher and not (facts.refunded or facts.refund_held):
        return Step(State.SUCCEEDED, came=more)
    return Step(State.REVIEW, "amount_differs", came=more)


def _after_dispute(facts: Facts) -> Step | None:
    """The provider says paid again: the dispute is won, once that cannot be old news."""
    if facts.in_state_for < DISPUTE_SETTLES:
        return None
    if facts.refunded > facts.taken_back:
        return Step(State.PARTIALLY_REFUNDED, "dispute_won", came=facts.taken_back)
    to = State.SUCCEEDED if facts.has_voucher else State.REVIEW
    return Step(to, "dispute_won", came=facts.taken_back)


def _given_back(facts: Facts, charge: Charge) -> Step | None:
    """Refunds that were not made here. While one of ours is under way nobody can tell them apart."""
    if facts.refund_held:
        return None
    if charge.outcome is Outcome.REFUNDED:
        return Step(State.REFUNDED, "refunded_at_provider", went=facts.remaining)
    went = min(charge.refunded - (facts.refunded - facts.by_hand), facts.remaining)
    if went <= 0:
        return None
    if went == facts.remaining:
        return Step(State.REFUNDED, "refunded_at_provider", went=went)
    to = State.REVIEW if facts.state is State.REVIEW else State.PARTIALLY_REFUNDED
    return Step(to, "refunded_at_provider", went=went)


def _is_foreign(facts: Facts, charge: Charge) -> str:
    """Return why this cannot be our charge, or not money in the operator's account; "" if it is."""
    if facts.of_another:
        return "charge_of_another"
    if charge.account and facts.identity and charge.account != facts.identity:
        return "account_differs"
    if charge.live is not None and charge.live != (facts.environment is Environment.LIVE):
        return "environment_differs"
    if charge.reference and not _is_named_by(facts, charge.reference):
        return "reference_differs"
    return ""


def _is_named_by(facts: Facts, reference: str) -> bool:
    """Whether a charge of this name is the payment's. After a backup came back, attempts are gone."""
    named = references.public_id_in(reference)
    return reference in facts.references or (named is not None and named == facts.public_id)


def _is_of_earlier_attempt(facts: Facts, charge: Charge) -> bool:
    by_reference = charge.reference and facts.reference and charge.reference != facts.reference
    return bool(by_reference or (facts.provider_ref and charge.provider_ref != facts.provider_ref))


def apply(payment_id: int, charge: Charge, *, source: str, actor: Any = None) -> Payment:
    """Bring a payment to where what its provider says leads; answers it as it then is.

    `source` tells the audit who came with it: charge, poll, webhook or report. The second time
    nothing happens.
    """
    for _ in range(_TRIES):
        payment = _read(payment_id)
        facts = facts_of(payment, charge)
        step = decide(facts, charge)
        if step is None:
            _keep_names(payment, facts, charge)
            return payment
        try:
            with transaction.atomic():
                _take(payment, step, charge, source, actor)
        except (Moved, NoVoucherPossible, IntegrityError) as exc:
            # Somebody was quicker: with the payment, with the router, or with the charge itself.
            log.info("A payment is looked at again", extra={"fields": {"why": type(exc).__name__}})
    raise Moved("The payment does not come to rest.")


def _read(payment_id: int) -> Payment:
    rows = Payment.objects.select_related("credentials_version", "voucher", "package")
    return rows.get(pk=payment_id)


def facts_of(payment: Payment, charge: Charge) -> Facts:
    """Return what our books say of a payment and, if any, of the others with this charge."""
    names = list(payment.attempts.order_by("number").values_list("reference", flat=True))
    version = payment.credentials_version
    return Facts(
        state=State(payment.state),
        amount=payment.amount,
        currency=payment.currency,
        money_currency=payment.money_currency,
        received=payment.received,
        refunded=payment.refunded,
        refund_held=payment.refund_held,
        taken_back=books.taken_back(payment) if payment.state == State.DISPUTED else 0,
        by_hand=books.given_by_hand(payment) if payment.refunded else 0,
        provider_ref=payment.provider_ref,
        reference=names[-1] if names else "",
        references=frozenset(names),
        public_id=payment.public_id,
        identity=version.identity if version else "",
        environment=Environment(payment.environment),
        has_voucher=payment.voucher_id is not None,
        can_have_voucher=payment.router_id is not None,
        of_another=_others_with(payment, charge),
        in_state_for=timezone.now() - payment.updated_at,
    )


def _others_with(payment: Payment, charge: Charge) -> bool:
    """Whether the charge, or its receipt, has paid for something else."""
    same_charge = Q(
        provider=payment.provider,
        environment=payment.environment,
        provider_ref=charge.provider_ref,
    )
    same_receipt = Q(credentials=payment.credentials_id, provider_receipt=charge.receipt)
    others = Payment.objects.exclude(pk=payment.pk)
    return bool(
        (charge.provider_ref and others.filter(same_charge).exists())
        or (charge.receipt and others.filter(same_receipt).exists())
    )


def _take(payment: Payment, step: Step, charge: Charge, source: str, actor: Any) -> None:
    told = {"reason": step.reason, "actor": actor, "facts": _told(charge, source)}
    if step.reason != "charge_of_another":
        told |= _names(payment, charge)
    if payment.state == State.UNKNOWN and charge.outcome is not Outcome.FAILED:
        payment.attempts.filter(state=Attempt.State.OPEN).update(state=Attempt.State.TAKEN)
    if step.to is State.SUCCEEDED and payment.state != State.DISPUTED:
        complete(payment, received=step.came, **told)
    elif payment.state in _UNSETTLED:
        _settle_without_voucher(payment, step, charge, **told)
    elif payment.state == State.DISPUTED and step.came:
        disputes.win(payment, step.to, step.came, **told)
    elif step.came:
        received = payment.received + step.came
        transitions.move(payment, step.to, received=received, **told)
        books.enter(payment, LedgerEntry.Kind.RECEIVED, step.came, _reference(payment))
    else:
        disputes.let_go(payment, step.to, step.went, **told)


def _settle_without_voucher(payment: Payment, step: Step, charge: Charge, **told: Any) -> None:
    """Take a payment that had no money to where nothing is given for it, or not yet."""
    if step.came:
        told |= {
            "received": step.came,
            "received_currency": _other_currency(payment, charge),
            "refunded": step.went,
            "settled_at": timezone.now(),
        }
    transitions.move(payment, step.to, ask_at=ladder.ask_at(payment, step.to), **told)
    if step.came:
        books.enter(payment, LedgerEntry.Kind.RECEIVED, step.came, _reference(payment))
    if step.went:
        disputes.enter_return(payment, step.to, step.went)


def _other_currency(payment: Payment, charge: Charge) -> str:
    """Return what the money is in, "" if it is what the price is in."""
    if charge.currency in ("", payment.currency):
        return ""
    return charge.currency if re.fullmatch("[A-Z]{3}", charge.currency) else NO_CURRENCY


def complete(
    payment: Payment,
    *,
    received: int,
    reason: str = "",
    actor: Any = None,
    facts: dict[str, Any] | None = None,
    **columns: Any,
) -> None:
    """Make a payment good: its state, its voucher and its entry, all or none.

    `received` is what comes in with this: 0 for a payment in review, whose money is in the books
    already. A payment that has its voucher gets no other. Raises `Moved`, and `NoVoucherPossible`.
    """
    now = timezone.now()
    columns |= {
        "received": payment.received + received,
        "settled_at": payment.settled_at or now,
        "ask_at": None,
    }
    with transaction.atomic():
        transitions.move(
            payment, State.SUCCEEDED, reason=reason, actor=actor, facts=facts, **columns
        )
        if received:
            books.enter(payment, LedgerEntry.Kind.RECEIVED, received, _reference(payment))
        if payment.voucher_id is None:
            vouchers.give(payment)


def _reference(payment: Payment) -> str:
    """Return what names the money that came with the payment's last step, and no other's."""
    charge = payment.provider_ref or str(payment.public_id)
    return f"{charge} {payment.version}" if payment.entries.exists() else charge


def _told(charge: Charge, source: str) -> dict[str, Any]:
    """Return what the audit keeps of an answer."""
    told = {
        "source": source,
        "outcome": str(charge.outcome),
        "provider_ref": charge.provider_ref,
        "amount": charge.amount,
        "currency": charge.currency,
        "refunded": charge.refunded,
        "account": charge.account,
        "paid_at": charge.paid_at.isoformat() if charge.paid_at else "",
    }
    return {name: value for name, value in told.items() if value}


def _names(payment: Payment, charge: Charge) -> dict[str, Any]:
    """Return what the answer says of how the charge is called, where we did not know it."""
    unsettled = payment.state in _UNSETTLED
    names = {
        # Of several attempts the one that was paid is the payment's.
        "provider_ref": charge.provider_ref if unsettled or not payment.provider_ref else "",
        "provider_receipt": "" if payment.provider_receipt else charge.receipt,
        "pay_url": charge.pay_url if unsettled else "",
    }
    return {
        name: value for name, value in names.items() if value and value != getattr(payment, name)
    }


def _keep_names(payment: Payment, facts: Facts, charge: Charge) -> None:
    """Write what is new of the names, though nothing else is."""
    names = _names(payment, charge)
    if not names or _is_foreign(facts, charge) or _is_of_earlier_attempt(facts, charge):
        return
    mine = Payment.objects.filter(pk=payment.pk, version=payment.version)
    if mine.update(**names):
        for name, value in names.items():
            setattr(payment, name, value)
