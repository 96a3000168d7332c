"""Where the money is: what guests do about charges, and what it does to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.accounts import Account
from payments.simulator.charges import Change, Charge, Refund, State
from payments.simulator.clock import Clock
from payments.simulator.ids import Ids
from payments.simulator.ledger import Entry, Ledger, Op
from payments.simulator.stories import PROMPT_SECONDS, Answer, Telling
from payments.simulator.webhooks import Webhook, Webhooks

# Makes the webhooks by which a provider tells of a change.
Teller = Callable[[Charge, Change], list[Webhook]]

_STALE_BY = 4.0
_REFUND_SECONDS = 2.0


@dataclass(frozen=True)
class Prompt:
    """Something that a guest could answer now."""

    id: str
    provider: str
    kind: str  # phone: a PIN prompt; counter: a voucher to pay at a shop
    phone: str
    amount: int
    currency: str
    payee: str
    asked_at: float
    story: str


class Bank:
    """All charges of all providers. Each step holds `lock`; so does whoever reads several things."""

    def __init__(self, clock: Clock, ids: Ids, webhooks: Webhooks) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = ids
        self.webhooks = webhooks
        self.ledger = Ledger()
        self.tellers: dict[str, Teller] = {}
        self._charges: dict[tuple[str, str], Charge] = {}
        self._of_reference: dict[tuple[Account, str], list[Charge]] = {}

    def begin(self, charge: Charge, *, patience: float = PROMPT_SECONDS) -> None:
        """Take a charge; its story goes on from here. Somebody may answer before it does."""
        charge.payee = charge.account.id
        charge.changed_at = charge.made_at
        self._charges[charge.provider, charge.id] = charge
        self._of_reference.setdefault((charge.account, charge.reference), []).append(charge)
        self._note(charge, Op.CHARGE, charge.amount, "pending")
        self._tell(charge, Change.STARTED)
        story = charge.story
        if story.telling is Telling.STALE_FIRST:
            self._later(story.after, lambda: self.answer(charge, Answer.INSUFFICIENT))
            self._later(story.after * 2, lambda: self._pay(charge))
        elif story.answer:
            decided = story.answer
            self._later(story.after, lambda: self.answer(charge, decided))
        else:
            self._later(patience, lambda: self.answer(charge, Answer.NO_ANSWER))

    def answer(self, charge: Charge, answer: Answer) -> None:
        """Do what the guest does; nothing if the charge was answered before."""
        with self.lock:
            if charge.state is not State.WAITING:
                return
            if answer is Answer.PIN:
                self._pay(charge)
            else:
                self._fail(charge, answer)

    def refund(self, refund: Refund, *, at_once: bool = False) -> None:
        """Give back, now or in a moment; the caller has seen that there is enough left."""
        refund.charge.refunds.append(refund)
        self._note(refund.charge, Op.REFUND, refund.amount, "pending")
        if at_once:
            self._give_back(refund)
        else:
            self._later(_REFUND_SECONDS, lambda: self._give_back(refund))

    def reverse(self, charge: Charge) -> None:
        """Take back what is left of it, as a guest's operator does."""
        self._take_back(charge, Change.REVERSED)

    def dispute(self, charge: Charge) -> None:
        """Charge back what is left of it, as a guest's bank does."""
        self._take_back(charge, Change.DISPUTED)

    def find(self, provider: str, ref: str) -> Charge | None:
        return self._charges.get((provider, ref))

    def of_account(self, account: Account) -> list[Charge]:
        """Return the account's charges, the oldest first."""
        return [charge for charge in self._charges.values() if charge.account is account]

    def of_reference(self, account: Account, reference: str) -> list[Charge]:
        return list(self._of_reference.get((account, reference), ()))

    def prompts(self) -> list[Prompt]:
        with self.lock:
            waiting = [one for one in self._charges.values() if one.state is State.WAITING]
        return [_prompt(charge) for charge in waiting]

    def reset(self) -> None:
        with self.lock:
            self._charges.clear()
            self._of_reference.clear()
            self.ledger.clear()

    def _pay(self, charge: Charge) -> None:
        story = charge.story
        with self.lock:
            charge.state, charge.failure = State.PAID, None
            charge.receipt = self.ids.receipt()
            charge.paid = max(1, charge.amount - story.short)
            charge.paid_currency = story.currency or charge.currency
            charge.payee += "9" if story.elsewhere else ""  # nobody here has a name so long
            charge.paid_at = charge.changed_at = self.clock.now()
            self._note(charge, Op.CHARGE, charge.paid, "succeeded")
            self._tell(charge, Change.PAID)
        if story.reversed_after:
            self._later(story.reversed_after, lambda: self.reverse(charge))
        if story.disputed_after:
            self._later(story.disputed_after, lambda: self.dispute(charge))

    def _fail(self, charge: Charge, why: Answer) -> None:
        charge.state, charge.failure = State.FAILED, why
        charge.changed_at = self.clock.now()
        self._note(charge, Op.CHARGE, charge.amount, "failed")
        self._tell(charge, Change.FAILED)

    def _give_back(self, refund: Refund) -> None:
        charge = refund.charge
        with self.lock:
            enough = charge.left >= refund.amount
            refund.state = State.PAID if enough else State.FAILED
            self._note(charge, Op.REFUND, refund.amount, "succeeded" if enough else "failed")
            charge.changed_at = self.clock.now()
            charge.refunded += refund.amount if enough else 0
            charge.last_refund = refund
            self._tell(charge, Change.REFUNDED)

    def _take_back(self, charge: Charge, change: Change) -> None:
        with self.lock:
            taken = charge.left
            if not taken:
                return
            charge.is_reversed = change is Change.REVERSED
            charge.is_disputed = change is Change.DISPUTED
            charge.changed_at = self.clock.now()
            self._note(charge, Op.CHARGEBACK, taken, "succeeded")
            self._tell(charge, change)

    def _note(self, charge: Charge, op: Op, amount: int, state: str) -> None:
        self.ledger.append(
            Entry(
                time=self.clock.now(),
                provider=charge.provider,
                account=charge.payee,
                op=op,
                ref=charge.id,
                reference=charge.reference,
                receipt=charge.receipt,
                amount=amount,
                currency=charge.paid_currency or charge.currency,
                state=state,
            )
        )

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self.clock.after(seconds, act)

    def _tell(self, charge: Charge, change: Change) -> None:
        webhooks = self.tellers[charge.provider](charge, change)
        telling = charge.story.telling
        if change is Change.FAILED and telling is Telling.STALE_FIRST:
            for webhook in webhooks:
                self._send_later(_STALE_BY, webhook)
        elif change is Change.PAID:
            for webhook in webhooks:
                self._send_told(webhook, telling)
        else:
            for webhook in webhooks:
                self.webhooks.send(webhook)

    def _send_told(self, webhook: Webhook, telling: Telling) -> None:
        if telling is Telling.LOST:
            return
        webhook.forged = {Telling.FORGED: "signature", Telling.TAMPERED: "body"}.get(telling, "")
        self.webhooks.send(webhook, times=2 if telling is Telling.TWICE_AT_ONCE else 1)
        if telling is Telling.TWICE:
            self._send_later(1.0, webhook)
        if telling is Telling.REPLAYED:
            old = [one for one in self.webhooks.sent if one.account is webhook.account]
            self._send_later(1.0, old[0] if old else webhook)

    def _send_later(self, seconds: float, webhook: Webhook) -> None:
        self._later(seconds, lambda: self.webhooks.send(webhook))


def _prompt(charge: Charge) -> Prompt:
    return Prompt(
        id=charge.id,
        provider=charge.provider,
        kind="phone" if charge.phone and "counter" not in charge.details else "counter",
        phone=charge.phone,
        amount=charge.amount,
        currency=charge.currency,
        payee=charge.account.name,
        asked_at=charge.made_at,
        story=charge.story.title,
    )
