from functools import partial

from django.conf import settings
from django.db import models

from cloudpilot.crypto import SealedField
from cloudpilot.jobs.models import Job
from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import OwnedQuerySet
from routers.models.router import Router
from users.models import Company


class RouterImport(models.Model):
    """An uploaded list of routers, and what became of it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "IMP", 16)
    )
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150, help_text="outlives the account")
    dry_run = models.BooleanField()
    content = SealedField(help_text="the file, which holds passwords; empty once it was read")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    error = models.CharField(max_length=500, blank=True)
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    counts: dict[str, int]  # how many lines came to what: see `imports.services.with_counts`
    job: Job  # that works through it, for whoever has just asked for it

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="import_of_company")]

    def __str__(self) -> str:
        return self.public_id


class RouterImportRow(models.Model):
    """The report on one line of an uploaded list."""

    class Outcome(models.TextChoices):
        CREATED = "created"
        VALID = "valid", "would be created"
        DUPLICATE = "duplicate", "there already, or earlier in the file"
        INVALID = "invalid"

    upload = models.ForeignKey(RouterImport, models.CASCADE, related_name="rows")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    line = models.PositiveIntegerField()
    name = models.CharField(max_length=100, blank=True)
    host = models.CharField(max_length=253, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    errors = models.JSONField(default=dict)
    router = models.ForeignKey(Router, models.SET_NULL, null=True, related_name="+")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "line"], name="one_report_a_line"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.outcome}"
