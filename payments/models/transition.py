from django.db import models
from django.db.models import PROTECT, SET_NULL
from django.utils import timezone

from payments.models.payment import Payment
from users.models import User


class Transition(models.Model):
    """One step of a payment: rows are added, never changed. Folded, they are its state."""

    payment = models.ForeignKey(Payment, PROTECT, related_name="transitions")
    number = models.PositiveIntegerField()
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    reason = models.CharField(max_length=50, blank=True)
    facts = models.JSONField(default=dict, help_text="what was known; no secrets")
    actor = models.ForeignKey(User, SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True, help_text="outlives the account")
    created_at = models.DateTimeField(default=timezone.now)
    # Each row's digest takes in the one before, so that none can be taken out or changed unseen.
    chain = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="one_transition_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"
