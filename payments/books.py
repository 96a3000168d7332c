"""The ledger: what moved, added in the transaction of the step that it belongs to."""

from django.db.models import Sum

from payments.models import LedgerEntry, Payment

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
    total: int | None = payment.entries.filter(kind__in=kinds).aggregate(total=Sum("amount"))[
        "total"
    ]
    return -(total or 0)
