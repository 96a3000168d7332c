"""How jobs come in, and how they are called off."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least

from cloudpilot.jobs import clock, hints
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.registry import Task, find
from cloudpilot.prepared import prepared

_AT_ONCE = 500  # rows a statement
_FEW = 16  # keys, for each number of which a query is kept


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
    with transaction.atomic(savepoint=False):
        job = _job(task, clock.now(), arguments, unique, lock, company, after, priority)
        if unique:
            job = _only_one(job)
        else:
            job.save(force_insert=True)
        hints.announce(job, after)
    return job


def queued(keys: Iterable[str], *, by: datetime | None = None) -> set[str]:
    """Return under which of these unique keys a job waits, of those that are due `by` then.

    It will see whatever was committed before this call. So callers that are too many to write to
    one row all of them ask here after their commit, and `enqueue` where there is none.
    """
    keys = list(keys)
    if by is None and 0 < len(keys) <= _FEW:
        return {job.unique_key for job in _queued_under(*keys)}
    waiting = Job.objects.queued(keys)
    if by is not None:
        waiting = waiting.filter(due_at__lte=by)
    return set(waiting.values_list("unique_key", flat=True))


@prepared
def _queued_under(*keys: str) -> QuerySet[Job]:
    return Job.objects.queued(keys).only("unique_key")


def locked(locks: Iterable[str]) -> set[str]:
    """Return which of these locks a job has that runs."""
    return set(Job.objects.running(locks).values_list("lock_key", flat=True))


def enqueue_many(task: Task, orders: Iterable[Mapping[str, Any]]) -> None:
    """Queue many jobs of one task as `enqueue` does each, in a fraction of the time.

    An order holds arguments of `enqueue`: `arguments`, a `unique` that no other order has, `lock`
    and `company`. All of the jobs are due at once.
    """
    with transaction.atomic(savepoint=False):
        now = clock.now()
        waiting = sorted(
            (_job(task, now, **order) for order in orders), key=attrgetter("unique_key")
        )
        for start in range(0, len(waiting), _AT_ONCE):
            _only_one_each(waiting[start : start + _AT_ONCE], now)
        if waiting:
            hints.announce(waiting[0], after=0.0)


def _job(
    task: Task,
    now: datetime,
    arguments: Mapping[str, Any] | None = None,
    unique: str = "",
    lock: str = "",
    company: int | None = None,
    after: float = 0.0,
    priority: int = 0,
) -> Job:
    arguments = dict(arguments or {})
    task.check(arguments)
    return Job(
        task=task.name,
        arguments=arguments,
        unique_key=unique,
        lock_key=lock,
        tenant=company,
        due_at=now + timedelta(seconds=after),
        created_at=now,
        priority=priority,
    )


def _only_one_each(jobs: list[Job], now: datetime) -> None:
    """Do for each of these jobs what `_only_one` does for one.

    They come in the order of their keys: so of two callers with keys in common one waits for the
    other, and not each for each.
    """
    waiting = {job.unique_key: job for job in jobs}
    while waiting:
        found = Job.objects.queued(waiting).order_by("unique_key").select_for_update()
        known = set(found.values_list("unique_key", flat=True))
        Job.objects.queued(known).update(due_at=Least(F("due_at"), now), attempts=0)
        missing = [job for key, job in waiting.items() if key not in known]
        Job.objects.bulk_create(missing, ignore_conflicts=True)
        inserted = Job.objects.filter(public_id__in=[job.public_id for job in missing])
        for key in [*known, *inserted.values_list("unique_key", flat=True)]:
            del waiting[key]


def _only_one(job: Job) -> Job:
    """Insert `job` unless one is queued under its key: then pull that one forward.

    The queued row is written to even if nothing in it changes: a lock, so that it cannot be
    claimed and read the world as it was before the caller's transaction commits.
    """
    while True:
        twin = Job.objects.queued([job.unique_key])
        if twin.update(
            due_at=Least(F("due_at"), job.due_at),
            priority=Least(F("priority"), job.priority),
            attempts=0,
        ):
            return twin.get()
        # A conflict is another's insert, and no error: an error would end the transaction.
        Job.objects.bulk_create([job], ignore_conflicts=True)
        if inserted := Job.objects.filter(public_id=job.public_id).first():
            return inserted


def cancel(job: Job) -> bool:
    """Call a job off; answers whether it was still to be.

    A queued one never runs, unless its task has something to end. A running one is told, and ends
    as cancelled once it has asked.
    """
    rows = Job.objects.filter(pk=job.pk)
    now = clock.now()
    if find(job.task).hears_cancel:
        alive = rows.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))
        return bool(alive.update(cancel_requested=True, due_at=Least(F("due_at"), now)))
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
