"""What becomes of a job that ran: written only by whoever still holds it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Q, QuerySet

from cloudpilot.jobs import clock, processes
from cloudpilot.jobs.models import Job, Worker
from cloudpilot.jobs.registry import find
from cloudpilot.text import storable

DIED = "the worker died"
SUPERSEDED = "another job of its kind is queued"
_LONGEST_ERROR = 500


def held(job: Job) -> QuerySet[Job]:
    """Return the job's row if it is still the claim's that `job` stems from, or nothing."""
    return Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING)


def finish(job: Job, state: Job.State, *, result: Any = None, error: str = "") -> Job.State | None:
    """End a job for good; returns `state`, or None if the job is another's by now."""
    written = held(job).update(
        state=state,
        result=result,
        error=storable(error, _LONGEST_ERROR),
        finished_at=clock.now(),
        lease_until=None,
        slot=None,
    )
    return state if written else None


def put_back(
    job: Job, *, after: float = 0.0, error: str = "", count: bool = True
) -> Job.State | None:
    """Queue a job that was running again; its attempt is taken back unless `count`.

    It ends as cancelled if somebody asked for that, or if one like it was queued meanwhile, which
    will do as well. Returns the state that it has now, None if it is another's.
    """
    due_at = clock.now() + timedelta(seconds=after)
    attempts = job.attempts if count else job.attempts - 1
    try:
        with transaction.atomic():
            if _queue(held(job).filter(cancel_requested=False), due_at, attempts, error):
                return Job.State.QUEUED
    except IntegrityError:
        error = SUPERSEDED
    return finish(job, Job.State.CANCELLED, error=error)


def _queue(rows: QuerySet[Job], due_at: datetime, attempts: int, error: str) -> int:
    return rows.update(
        state=Job.State.QUEUED,
        due_at=due_at,
        error=storable(error, _LONGEST_ERROR),
        attempts=attempts,
        worker="",
        lease_until=None,
        sent_at=None,
        slot=None,
    )


def reclaim() -> int:
    """Take the jobs whose lease has passed, or whose worker is gone; answers how many."""
    return _take_all(Q(lease_until__lt=clock.now())) + sum(map(_bury, _the_dead()))


def _the_dead() -> list[Worker]:
    """Return the workers whose processes have certainly ended: their leases need not pass."""
    here = processes.this()
    if here is None:
        return []
    return [worker for worker in Worker.objects.beside(here) if worker.is_gone]


def _bury(worker: Worker) -> int:
    taken = _take_all(Q(worker=worker.name))
    left = Job.objects.filter(state=Job.State.RUNNING, worker=worker.name)
    Worker.objects.filter(~Exists(left), name=worker.name).delete()
    return taken


def _take_all(lost: Q) -> int:
    running = Job.objects.filter(lost, state=Job.State.RUNNING)
    return sum(_take_away(job, lost) for job in running[:1000])


def _take_away(job: Job, lost: Q) -> bool:
    with transaction.atomic():
        # Asked again under a lock: its worker may have come back to life, or another been quicker.
        rows = held(job).filter(lost).select_for_update(skip_locked=True)
        if not rows.exists():
            return False
        task = find(job.task)
        if not task.may_try_again(job.attempts):
            finish(job, Job.State.FAILED, error=DIED)
            return True
        # The first time it is more likely the worker that failed; from then on, the job.
        after = task.backoff.delay(job.attempts - 1) if job.attempts > 1 else 0.0
        put_back(job, after=after, error=DIED)
        return True
