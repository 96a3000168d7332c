from django.db import models
from django.db.models import PROTECT
from django.utils import timezone

from payments.models.credentials import Credentials


class BooksReport(models.Model):
    """How the books compared with an account at a provider; without one, with themselves."""

    credentials = models.ForeignKey(Credentials, PROTECT, null=True, related_name="reports")
    since = models.DateTimeField()
    until = models.DateTimeField()
    # By currency, in minor units; see `reconciliation.Totals`.
    totals = models.JSONField(default=dict)
    findings = models.JSONField(default=list, help_text="what is not explained, or contradicts")
    unasked = models.PositiveIntegerField(
        default=0, help_text="payments that the provider would say nothing of"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["credentials", "-id"], name="report_of_credentials")]

    def __str__(self) -> str:
        return f"books report {self.pk}"
