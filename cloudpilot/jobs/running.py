"""Running a claimed job, in whichever thread and under whichever engine."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import Error, close_old_connections

from cloudpilot.errors import DomainError
from cloudpilot.jobs import clock, ending
from cloudpilot.jobs.claiming import claim
from cloudpilot.jobs.errors import GiveUp, Retry
from cloudpilot.jobs.leases import Heartbeat, worker_name
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.registry import Task, find

log = logging.getLogger("cloudpilot.jobs")

# What a job's line in the log can say besides the job's state.
LOST = "lost"  # another worker has it by now, and what it does here counts no more
UNWRITTEN = "unwritten"  # the database was away for as long as the lease: it will run again


class Running:
    """The job that the calling task runs as."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.heard_of_cancel = False

    def progress(self, done: int, total: int) -> None:
        """Say how far the task is, to whoever looks at the job."""
        ending.held(self.job).update(progress_done=done, progress_total=total)

    def cancelled(self) -> bool:
        """Whether somebody wants the job to stop. A task that has heard so ends as cancelled."""
        asked = Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists()
        self.heard_of_cancel = self.heard_of_cancel or asked
        return asked

    def alive(self) -> bool:
        """Whether the job is still this worker's: if not, another runs it, or soon will."""
        return ending.held(self.job).filter(lease_until__gt=clock.now()).exists()


_current: ContextVar[Running] = ContextVar("current_job")


def current() -> Running:
    """Return the job that the calling task runs as; `LookupError` outside of one."""
    return _current.get()


def run_due(limit: int | None = None) -> int:
    """Run what is due in this thread, up to `limit` jobs and each once; answers how many."""
    seen: list[int] = []
    with Heartbeat(worker_name()) as heartbeat:
        while limit is None or len(seen) < limit:
            jobs = claim(heartbeat.worker, 1, Job.objects.exclude(pk__in=seen))
            if not jobs:
                break
            seen.append(jobs[0].pk)
            heartbeat.hold(jobs[0])
            run(jobs[0])
            heartbeat.drop(jobs[0])
    return len(seen)


def run(job: Job) -> str:
    """Run a claimed job once, write down what became of it, and return that."""
    task = find(job.task)
    started = time.perf_counter()
    with _as_current(job) as running:
        verdict = _attempt(task, running)
    outcome = _write(job, verdict)
    fields = {
        "task": job.task,
        "job": job.public_id,
        "outcome": outcome,
        "seconds": round(time.perf_counter() - started, 3),
        "attempts": job.attempts,
    }
    if verdict.error:
        fields["error"] = verdict.error
    log.info("%s %s", job.task, outcome, extra={"fields": fields})
    return outcome


@contextmanager
def _as_current(job: Job) -> Iterator[Running]:
    running = Running(job)
    token = _current.set(running)
    try:
        yield running
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class _Verdict:
    """What is to become of a job; `QUEUED` is to run it again, `after` seconds from now."""

    state: Job.State
    result: Any = None
    error: str = ""
    after: float = 0.0
    count: bool = True


def _attempt(task: Task, running: Running) -> _Verdict:
    attempts = running.job.attempts
    try:
        result = task.function(**running.job.arguments)
        _demand_storable(result)
        verdict = _Verdict(Job.State.DONE, result=result)
    except Retry as retry:
        verdict = _again(task, attempts, "", retry.after, count=retry.count)
    except GiveUp as exc:
        verdict = _Verdict(Job.State.FAILED, error=str(exc))
    except DomainError as exc:
        verdict = _again(task, attempts, str(exc))
    except (Exception, SystemExit) as exc:
        # The edge of a worker. The job's owner reads the error, so it says no more than a kind.
        log.exception("%s crashed", task.name, extra={"fields": {"job": running.job.public_id}})
        verdict = _again(task, attempts, f"crashed: {type(exc).__name__}")
    if running.heard_of_cancel:
        return _Verdict(Job.State.CANCELLED, result=verdict.result, error=verdict.error)
    return verdict


def _again(
    task: Task, attempts: int, error: str, after: float | None = None, *, count: bool = True
) -> _Verdict:
    if count and not task.may_try_again(attempts):
        return _Verdict(Job.State.FAILED, error=error or f"gave up after {attempts} attempts")
    after = task.backoff.delay(attempts) if after is None else after
    return _Verdict(Job.State.QUEUED, error=error, after=after, count=count)


def _demand_storable(result: Any) -> None:
    """Raise `TypeError` or `ValueError` for what no column of JSON takes, on either database."""
    text = json.dumps(result, allow_nan=False, ensure_ascii=False)
    text.encode()  # a lone surrogate
    if "\\u0000" in text:
        raise ValueError("a NUL in a task's result")


def _write(job: Job, verdict: _Verdict) -> str:
    """Store the verdict, trying for as long as the lease lasts if the database is away."""
    give_up_at = time.monotonic() + clock.lease().total_seconds()
    while True:
        try:
            return _store(job, verdict) or LOST
        except Error:
            log.warning("The end of %s could not be written", job.public_id, exc_info=True)
            if time.monotonic() > give_up_at:
                return UNWRITTEN
        close_old_connections()
        time.sleep(0.5)


def _store(job: Job, verdict: _Verdict) -> str | None:
    if verdict.state is Job.State.QUEUED:
        return ending.put_back(job, after=verdict.after, error=verdict.error, count=verdict.count)
    return ending.finish(job, verdict.state, result=verdict.result, error=verdict.error)
