from functools import partial

from django.conf import settings
from django.db import models

from cloudpilot.crypto import SealedField
from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import OwnedQuerySet
from routers.models.router import Router
from users.models import Company


class CommandLog(models.Model):
    """One command that a user sent to a router. Written before it is sent, so none is missing."""

    class Outcome(models.TextChoices):
        SENT = "sent", "sent, no outcome known"
        DONE = "done"
        REFUSED = "refused", "refused by the router"
        FAILED = "failed", "the router did not answer"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    router = models.ForeignKey(Router, models.SET_NULL, null=True, related_name="command_logs")
    router_name = models.CharField(max_length=120, help_text="outlives the router")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150, help_text="outlives the account")
    command = models.CharField(max_length=300)
    arguments = models.JSONField(default=dict, help_text="secrets are masked")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.SENT)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="command_of_company")]

    def __str__(self) -> str:
        return f"{self.command} on {self.router_name}"


class CommandBatch(models.Model):
    """One command for many routers of a company; see `routers.bulk`."""

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "CMD", 16)
    )
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150, help_text="outlives the account")
    command = models.CharField(max_length=300)
    arguments = models.JSONField(default=dict, help_text="secrets are masked")
    sealed_command = SealedField(
        help_text="what is sent, as JSON; empty once nothing is to be sent"
    )
    filter = models.JSONField(default=dict, help_text="which routers were asked for")
    total = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True, help_text="when some of it was called off")
    finished_at = models.DateTimeField(null=True, help_text="when the last of it had ended")

    counts: dict[str, int]  # how many results are in which state: see `bulk.services.with_counts`

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "bulk command"
        indexes = [models.Index(fields=["company", "-id"], name="batch_of_company")]

    def __str__(self) -> str:
        return f"{self.command} on {self.total} routers"

    @property
    def state(self) -> str:
        """`running` until all of it has ended; then `cancelled` if some was called off."""
        if self.finished_at is None:
            return "running"
        return "cancelled" if self.cancelled_at else "done"


class CommandResult(models.Model):
    """What became of a bulk command on one of its routers."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused", "refused by the router"
        FAILED = "failed", "the router did not answer; nothing was sent"
        UNKNOWN = "unknown", "sent, and may have been carried out"
        CANCELLED = "cancelled"

    batch = models.ForeignKey(CommandBatch, models.CASCADE, related_name="results")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    router = models.ForeignKey(Router, models.SET_NULL, null=True, related_name="+")
    router_name = models.CharField(max_length=120, help_text="outlives the router")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    result = models.JSONField(null=True, help_text="secrets are masked")
    error = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["company", "-id"], name="result_of_company"),
            models.Index(fields=["batch", "state"], name="result_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "router"], name="one_result_a_router"),
        ]

    def __str__(self) -> str:
        return f"{self.router_name}: {self.state}"
