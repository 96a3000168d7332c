"""How jobs come in, and how they are called off."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from cloudpilot.jobs import clock, hints
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.registry import Task


def enqueue(
    task: Task,
    arguments: Mapping[str, Any] | None = None,
    *,
    unique: str = "",
    lock: str = "",
    company: int | None = None,
    after: float = 0.0,
    priority: int = 0,
) -> Job:
    """Queue a job in the caller's transaction: it runs, `after` seconds from now, if that commits.

    With `unique`, a job that is queued under that key already is returned in its place, due as
    soon as the sooner of both, with all its attempts ahead of it. One that is running does not
    count: it may have read what the caller has just changed. Of the jobs of one `lock` at most one
    runs at a time. A company's jobs never take more than a quarter of the workers. The lowest
    `priority` goes first.
    """
    arguments = dict(arguments or {})
    task.check(arguments)
    with transaction.atomic(savepoint=False):
        due_at = clock.now() + timedelta(seconds=after)
        job = Job(
            task=task.name,
            arguments=arguments,
            unique_key=unique,
            lock_key=lock,
            tenant=company,
            due_at=due_at,
            created_at=due_at - timedelta(seconds=after),
            priority=priority,
        )
        if unique:
            job = _only_one(job)
        else:
            job.save(force_insert=True)
        hints.announce(job, after)
    return job


def _only_one(job: Job) -> Job:
    """Insert `job` unless one is queued under its key: then pull that one forward.

    The queued row is written to even if nothing in it changes: a lock, so that it cannot be
    claimed and read the world as it was before the caller's transaction commits.
    """
    while True:
        queued = Job.objects.filter(unique_key=job.unique_key, state=Job.State.QUEUED)
        # Nothing more is left out, but SQLite asks for it before it uses the constraint's index.
        queued = queued.exclude(unique_key="")
        if queued.update(
            due_at=Least(F("due_at"), job.due_at),
            priority=Least(F("priority"), job.priority),
            attempts=0,
        ):
            return queued.get()
        # A conflict is another's insert, and no error: an error would end the transaction.
        Job.objects.bulk_create([job], ignore_conflicts=True)
        if inserted := Job.objects.filter(public_id=job.public_id).first():
            return inserted


def cancel(job: Job) -> bool:
    """Call a job off; answers whether it was still to be.

    A queued one never runs. A running one is told, and ends as cancelled once it has asked.
    """
    rows = Job.objects.filter(pk=job.pk)
    now = clock.now()
    return bool(
        _end_queued(rows, now)
        or rows.filter(state=Job.State.RUNNING).update(cancel_requested=True)
        # It may have gone back to the queue between the two.
        or _end_queued(rows, now)
    )


def _end_queued(rows: Any, now: datetime) -> int:
    ended: int = rows.filter(state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=now
    )
    return ended
