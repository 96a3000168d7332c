"""The ledger: what moved, added in the transaction of the step that it belongs to."""

from django.db.models import QuerySet, Sum

from payments.models import LedgerEntry, Payment, Refund

_KINDS_OUT = {LedgerEntry.Kind.REFUNDED, LedgerEntry.Kind.TAKEN_BACK}


def enter(payment: Payment, kind: LedgerEntry.Kind, amount: int, reference: str) -> None:
    """Add a move of `amount` minor units, always more than 0; its kind says which way.

    `reference` is the charge's, refund's or dispute's: the same move twice is an `IntegrityError`.
    """
    LedgerEntry.objects.create(
        company_id=payment.company_id,
        payment=payment,
        router_id=payment.router_id,
        provider=payment.provider,
        environment=payment.environment,
        kind=kind,
        amount=-amount if kind in _KINDS_OUT else amount,
        currency=payment.money_currency,
        reference=reference,
    )


def taken_back(payment: Payment) -> int:
    """Return what disputes hold of the payment's money."""
    kinds = [LedgerEntry.Kind.TAKEN_BACK, LedgerEntry.Kind.GIVEN_AGAIN]
    return -_total(payment.entries.filter(kind__in=kinds))


def given_by_hand(payment: Payment) -> int:
    """Return what members gave back of it themselves, of which its provider knows nothing."""
    return _total(payment.refunds.filter(by_hand=True, state=Refund.State.SUCCEEDED))


def _total(rows: QuerySet[LedgerEntry] | QuerySet[Refund]) -> int:
    total: int | None = rows.aggregate(total=Sum("amount"))["total"]
    return total or 0
