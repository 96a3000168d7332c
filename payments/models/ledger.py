from django.db import models
from django.db.models import PROTECT, SET_NULL
from django.utils import timezone

from cloudpilot.tenancy import OwnedQuerySet
from payments.models.payment import Payment
from routers.models import Router
from users.models import Company


class LedgerEntry(models.Model):
    """Money that moved. Rows are added in the transaction of what they tell, and never changed."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        REFUNDED = "refunded"
        TAKEN_BACK = "taken_back", "by a chargeback or a reversal"
        GIVEN_AGAIN = "given_again", "a dispute that was won"

    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, PROTECT, related_name="entries")
    router = models.ForeignKey(Router, SET_NULL, null=True, related_name="+")
    provider = models.CharField(max_length=20)
    environment = models.CharField(max_length=7)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    amount = models.BigIntegerField(help_text="minor units; less than 0: it left")
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=100, help_text="of the charge, refund or dispute")
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind", "reference"], name="each_move_of_money_once"
            ),
        ]
        indexes = [models.Index(fields=["company", "created_at"], name="ledger_of_company")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"
