"""Charges as the providers keep them; each provider shows them in its own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from payments.simulator.accounts import Account
from payments.simulator.stories import Answer, Story


class State(StrEnum):
    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"


class Change(StrEnum):
    """What happened to a charge that a merchant may be told."""

    STARTED = "started"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    REVERSED = "reversed"  # taken back on the guest's side
    DISPUTED = "disputed"


@dataclass(eq=False)
class Refund:
    id: str
    charge: Charge
    amount: int
    reason: str
    asked_at: float
    state: State = State.WAITING
    callback_url: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Charge:
    id: str
    account: Account
    amount: int  # asked for, in minor units
    currency: str
    story: Story
    made_at: float
    reference: str = ""  # the merchant's
    phone: str = ""
    callback_url: str = ""
    details: dict[str, Any] = field(default_factory=dict)  # what only its provider knows of
    state: State = State.WAITING
    failure: Answer | None = None
    receipt: str = ""
    paid: int = 0
    paid_currency: str = ""
    paid_at: float = 0.0
    payee: str = ""  # whose account it went to
    changed_at: float = 0.0
    refunded: int = 0
    is_reversed: bool = False
    is_disputed: bool = False
    refunds: list[Refund] = field(default_factory=list)
    last_refund: Refund | None = None  # of which it is known what became of it

    @property
    def provider(self) -> str:
        return self.account.provider

    @property
    def left(self) -> int:
        """Return what of it the merchant still has."""
        taken = self.is_reversed or self.is_disputed
        return 0 if taken else self.paid - self.refunded
