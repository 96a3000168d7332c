"""Tasks that survive anything: `docs/jobs.md` says what is promised, and how to write one.

A job is a row, inserted in the transaction of what it follows from. Workers claim rows under a
lease, run them, and write down what became of them; whoever lost the lease writes nothing.
"""

from cloudpilot.jobs.errors import GiveUp, Retry
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.queue import cancel, enqueue, enqueue_many, locked, queued
from cloudpilot.jobs.registry import Backoff, every, task
from cloudpilot.jobs.running import Running, current, run_due
from cloudpilot.jobs.schedules import hurry

__all__ = [
    "Backoff",
    "GiveUp",
    "Job",
    "Retry",
    "Running",
    "cancel",
    "current",
    "enqueue",
    "enqueue_many",
    "every",
    "hurry",
    "locked",
    "queued",
    "run_due",
    "task",
]
