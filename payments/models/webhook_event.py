from django.db import models
from django.db.models import PROTECT, Q
from django.utils import timezone

from cloudpilot.crypto import SealedField
from payments.models.credentials import Credentials
from payments.models.payment import Payment


class WebhookEvent(models.Model):
    """The inbox: what a provider sent, as it came, kept before it is answered."""

    class State(models.TextChoices):
        RECEIVED = "received", "to be looked at"
        APPLIED = "applied"
        IGNORED = "ignored", "nothing of ours, or nothing new"
        DEAD = "dead", "could not be dealt with; a person should look"

    # Without indexes of their own: hundreds of rows a second come in, and others serve.
    credentials = models.ForeignKey(
        Credentials, PROTECT, related_name="webhook_events", db_index=False
    )
    key = models.CharField(max_length=200, help_text="the same for the same event sent again")
    headers = models.JSONField(default=dict, help_text="those that the signature needs")
    query = models.JSONField(default=dict)
    # Guests' numbers and names are in it, in clear at some providers.
    body = SealedField(
        bound_to="key", null=True, help_text="each byte a character; null once it was dropped"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=50, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    deliveries = models.PositiveIntegerField(default=1, help_text="how often it was sent")
    due_at = models.DateTimeField(default=timezone.now)
    lane = models.PositiveSmallIntegerField(
        null=True, help_text="in which of its account's lanes it is being dealt with"
    )
    payment = models.ForeignKey(
        Payment, PROTECT, null=True, related_name="webhook_events", db_index=False
    )
    received_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credentials", "key"], name="one_event_a_key"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="received"), name="webhook_due"),
            models.Index(
                fields=["credentials", "lane"],
                condition=Q(lane__isnull=False),
                name="webhook_in_lane",
            ),
            models.Index(fields=["received_at"], name="webhook_by_age"),
            models.Index(
                fields=["payment"], condition=Q(payment__isnull=False), name="webhook_of_payment"
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk}"
