"""What really happened to money, whatever anybody was told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Op(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    CHARGEBACK = "chargeback"  # a reversal too: the guest's side took it back


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact. Money moved if `state` is `succeeded`."""

    time: float
    provider: str
    account: str
    op: Op
    ref: str  # the provider's id of the charge
    reference: str  # the merchant's
    receipt: str
    amount: int  # minor units
    currency: str
    state: str  # pending, succeeded or failed


class Ledger(list[Entry]):
    """Entries in the order in which they happened; only ever added to."""

    def moved(self, op: Op | str = Op.CHARGE) -> list[Entry]:
        """Return the entries of this kind that moved money."""
        return [entry for entry in self if entry.op == op and entry.state == "succeeded"]

    def of(self, reference: str) -> list[Entry]:
        """Return what happened for one of the merchant's references."""
        return [entry for entry in self if entry.reference == reference]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self]
