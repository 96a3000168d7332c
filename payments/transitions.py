"""The one place that writes a payment's state: each step once, with its row in the audit chain."""

import hashlib
import json
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments.errors import Moved
from payments.models import Payment, Transition
from payments.notifications.services import announce
from payments.states import NEXT, State

_LONGEST_REASON = Payment._meta.get_field("reason").max_length


def move(
    payment: Payment,
    to: State,
    *,
    reason: str = "",
    actor: Any = None,
    facts: dict[str, Any] | None = None,
    **columns: Any,
) -> None:
    """Take `payment`, as it was read, to state `to`; `columns` are written with it.

    Raises `Moved`, and writes nothing, if somebody else has taken it anywhere since, or if there
    is no such way. The row in hand is brought up to date.
    """
    before = State(payment.state)
    if to not in NEXT[before]:
        raise Moved(f"A payment that is {before.label} does not become {to}.")
    now = timezone.now()
    reason = reason[:_LONGEST_REASON]  # it may be a provider's own
    columns |= {"state": to, "version": payment.version + 1, "reason": reason, "updated_at": now}
    with transaction.atomic():
        mine = Payment.objects.filter(pk=payment.pk, version=payment.version, state=before)
        if not mine.update(**columns):
            raise Moved("The payment has gone on meanwhile.")
        _note(payment, before, to, reason, actor, facts or {}, now)
        for name, value in columns.items():
            setattr(payment, name, value)
        announce(payment, before)


def _note(
    payment: Payment,
    before: State,
    to: State,
    reason: str,
    actor: Any,
    facts: dict[str, Any],
    now: Any,
) -> None:
    number = payment.version + 1
    last = Transition.objects.filter(payment=payment, number=number - 1).values_list("chain")
    row = Transition(
        payment=payment,
        number=number,
        before=before,
        after=to,
        reason=reason,
        facts=facts,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        created_at=now,
    )
    row.chain = link(row, last[0][0] if last else "")
    row.save(force_insert=True)


def link(row: Transition, last: str) -> str:
    """Return the digest that ties a step to the one before it."""
    told = [
        last,
        str(row.payment_id),
        row.number,
        row.before,
        row.after,
        row.reason,
        row.facts,
        row.actor_name,
        row.created_at.isoformat(),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def is_whole(payment: Payment) -> bool:
    """Whether the payment's steps follow from each other, up to the state that it has."""
    state, chain, number = str(State.CREATED), "", 0
    for number, row in enumerate(sorted(payment.transitions.all(), key=attrgetter("number")), 1):
        if row.number != number or row.before != state or row.chain != link(row, chain):
            return False
        state, chain = row.after, row.chain
    return state == payment.state and number == payment.version
