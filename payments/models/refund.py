import uuid

from django.db import models
from django.db.models import PROTECT, SET_NULL, Q
from django.utils import timezone

from payments.models.payment import Payment
from users.models import User


class Refund(models.Model):
    """Money that goes back to a guest, all of a payment or a part."""

    class State(models.TextChoices):
        CREATED = "created", "the provider has not been asked"
        SUBMITTING = "submitting", "being sent; committed before the first byte"
        UNKNOWN = "unknown", "sent, and nobody knows whether the provider took it"
        PENDING = "pending", "the provider is at it"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField(help_text="minor units")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    by_hand = models.BooleanField(default=False, help_text="given back outside of the provider")
    revokes = models.BooleanField(default=True, help_text="whether the voucher ends with it")
    provider_ref = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="the member's words")
    failure = models.CharField(max_length=50, blank=True, help_text="a code")
    user = models.ForeignKey(User, SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(ended_at__isnull=True), name="refund_under_way"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_of_something"),
            models.UniqueConstraint(
                fields=["payment", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="one_refund_a_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"refund {self.public_id}"
