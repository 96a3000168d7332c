from django.db import models
from django.db.models import PROTECT, Q
from django.utils import timezone

from payments.models.payment import Payment


class Attempt(models.Model):
    """One charge that was sent, or was about to be, for a payment."""

    class State(models.TextChoices):
        OPEN = "open", "the provider may have it"
        TAKEN = "taken", "the provider answered with its id"
        REFUSED = "refused"
        NOT_SENT = "not_sent"

    payment = models.ForeignKey(Payment, PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=64, unique=True, help_text="ours, as it was sent")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=50, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="one_attempt_a_number"),
            # A second charge would be a second prompt, and maybe the money twice.
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=["open", "taken"]),
                name="one_charge_a_payment",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
