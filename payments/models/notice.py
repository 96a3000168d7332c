from functools import partial

from django.db import models
from django.db.models import PROTECT
from django.utils import timezone

from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import OwnedQuerySet
from payments.models.payment import Payment
from users.models import Company


class Notice(models.Model):
    """Something that a company's people and systems are told of a payment.

    Written in the transaction of what it tells, so that nothing is told that did not happen, and
    nothing that happened is not told.
    """

    class Kind(models.TextChoices):
        COMPLETED = "payment.completed"
        REVIEW = "payment.review"
        FAILED = "payment.failed"
        REFUNDED = "payment.refunded"
        DISPUTED = "payment.disputed"

    public_id = models.CharField(
        max_length=36, unique=True, editable=False, default=partial(public_id, "MSG", 24)
    )
    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, PROTECT, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    data = models.JSONField(help_text="how the payment stood then, with no secret in it")
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="notice_of_company")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
