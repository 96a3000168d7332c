from django.db.models import Sum


def balance(payment):
    """Return what the ledger says is left of the payment's money."""
    return payment.entries.aggregate(total=Sum("amount"))["total"] or 0
