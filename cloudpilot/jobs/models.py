from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cloudpilot.jobs import clock
from cloudpilot.jobs.processes import Process
from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import OwnedQuerySet


class JobQuerySet(OwnedQuerySet):
    company_field = "tenant"

    def due(self, now: datetime) -> Self:
        """Keep what waits for nothing but a worker, in the order in which it is served."""
        waiting = self.filter(state=Job.State.QUEUED, due_at__lte=now)
        return waiting.order_by("priority", "due_at", "id")

    def queued(self, keys: Iterable[str]) -> Self:
        """Keep what waits under these unique keys."""
        waiting = self.filter(state=Job.State.QUEUED, unique_key__in=list(keys))
        # Nothing more is left out, but SQLite asks for it before it uses the constraint's index.
        return waiting.exclude(unique_key="")

    def running(self, locks: Iterable[str]) -> Self:
        """Keep what runs under these locks."""
        at_it = self.filter(state=Job.State.RUNNING, lock_key__in=list(locks))
        return at_it.exclude(lock_key="")  # as above


class Job(models.Model):
    """A task to run: outbox and truth in one. Written by `cloudpilot.jobs` alone.

    The row is inserted in the transaction of what it follows from, so it exists if that does. The
    database holds what must hold: one queued job a `unique_key`, one running job a `lock_key`,
    and one running job a tenant's slot.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "JOB", 16)
    )
    task = models.CharField(max_length=100)
    arguments = models.JSONField(default=dict, help_text="no secrets: rows hold those")
    # Of the company whose work this is. No foreign key: companies live in a higher layer.
    tenant = models.BigIntegerField(null=True)
    slot = models.PositiveSmallIntegerField(null=True, help_text="which of its tenant's workers")
    unique_key = models.CharField(max_length=100, blank=True)
    lock_key = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    priority = models.SmallIntegerField(default=0, help_text="the lowest first")
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    token = models.PositiveIntegerField(
        default=0, help_text="fences off a worker that lost its lease"
    )
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True, help_text="when a broker was last told")
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                condition=Q(state="queued") & ~Q(unique_key=""),
                name="one_queued_job_a_key",
            ),
            models.UniqueConstraint(
                fields=["lock_key"],
                condition=Q(state="running") & ~Q(lock_key=""),
                name="one_running_job_a_lock",
            ),
            models.UniqueConstraint(
                fields=["tenant", "slot"],
                condition=Q(state="running"),
                name="one_running_job_a_slot",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "due_at", "id"], condition=Q(state="queued"), name="job_due"
            ),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_running"),
            models.Index(fields=["tenant", "-id"], name="job_of_tenant"),
            models.Index(fields=["finished_at"], name="job_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.public_id} {self.state}"

    @property
    def company_id(self) -> int | None:
        """The company whose roles decide who may do what with this job."""
        return self.tenant


class Schedule(models.Model):
    """When a periodic task is due next; one row a task, advanced with the job it inserts."""

    task = models.CharField(max_length=100, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task} at {self.next_at}"


class WorkerQuerySet(models.QuerySet):
    def live(self, now: datetime) -> Self:
        return self.filter(seen_at__gt=now - clock.lease())

    def threads(self) -> int:
        """Return how many jobs they can run at a time, all together."""
        total: int | None = self.aggregate(total=models.Sum("threads"))["total"]
        return total or 0

    def beside(self, process: Process) -> Self:
        """Keep those of whom it can be told from this process whether they are gone."""
        return self.filter(place=process.place)


class Worker(models.Model):
    """A process that runs jobs, while it lives."""

    name = models.CharField(max_length=64, primary_key=True)
    threads = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    # Which process it is; all empty where that cannot be told.
    place = models.CharField(max_length=200, blank=True)
    pid = models.PositiveIntegerField(null=True)
    born = models.PositiveBigIntegerField(null=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_gone(self) -> bool:
        """Whether its process has certainly ended, as far as can be told from this one."""
        if self.pid is None or self.born is None:
            return False
        return Process(self.place, self.pid, self.born).is_gone()
