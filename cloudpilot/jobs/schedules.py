from datetime import datetime, timedelta

from django.db import transaction

from cloudpilot.jobs import clock, registry
from cloudpilot.jobs.models import Job, Schedule
from cloudpilot.jobs.queue import enqueue
from cloudpilot.jobs.registry import Task


def tick() -> int:
    """Queue the periodic tasks whose time has come; answers how many. Any worker may, at any time."""
    next_at = dict(Schedule.objects.values_list("task", "next_at"))
    now = clock.now()  # later than any that those were reckoned from
    return sum(
        _advance(task, timedelta(seconds=seconds), next_at.get(task), now)
        for task, seconds in registry.periods.items()
    )


def hurry(task: Task) -> Job:
    """Run a periodic task as soon as it does not run, and not only when its time has come."""
    key = f"every:{task.name}"
    return enqueue(task, unique=key, lock=key)


def _advance(task: str, period: timedelta, planned: datetime | None, now: datetime) -> bool:
    """Take the slot and queue its job in one transaction, unless another worker has."""
    if planned is None:
        Schedule.objects.bulk_create([Schedule(task=task, next_at=now)], ignore_conflicts=True)
        planned = now
    if now < planned <= now + period:  # beyond, the period was longer when this was planned
        return False
    with transaction.atomic():
        slot = Schedule.objects.filter(task=task, next_at=planned)
        if not slot.update(next_at=_next(planned, period, now)):
            return False
        hurry(registry.find(task))
    return True


def _next(planned: datetime, period: timedelta, now: datetime) -> datetime:
    """Return the first slot after `now`: those that went by unused are not made up for."""
    if planned > now:
        return now + period
    return planned + period * ((now - planned) // period + 1)
