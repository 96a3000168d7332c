"""Housekeeping: rows that have done their service are deleted, a batch at a time."""

from datetime import timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from cloudpilot import idempotency, jobs
from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker
from cloudpilot.models import IdempotentAnswer, RateCounter

_BATCH = 1000


@jobs.every(seconds=3600)
@jobs.task()
def delete_old_rows() -> dict[str, int]:
    """Delete ended windows of limits, kept answers, dead workers, and jobs that nobody asks for."""
    now = clock.now()
    old: dict[str, QuerySet] = {
        "rate_counters": RateCounter.objects.filter(ends_at__lt=now),
        "idempotent_answers": IdempotentAnswer.objects.filter(
            created_at__lt=now - idempotency.KEPT
        ),
        "workers": Worker.objects.filter(seen_at__lt=now - timedelta(hours=1)),
        "jobs": Job.objects.filter(
            Q(finished_at__lt=now - timedelta(days=30))
            | Q(finished_at__lt=now - timedelta(days=7))
            & Q(state__in=[Job.State.DONE, Job.State.CANCELLED])
        ),
    }
    return {name: delete_in_batches(rows) for name, rows in old.items()}


@jobs.every(seconds=3600)
@jobs.task()
def count_rows_for_the_planner() -> None:
    """Have SQLite look how its rows are spread, as PostgreSQL does by itself.

    Knowing nothing, it takes an index of one company for better than an index of codes, and reads
    all that a company has. The limit keeps this to milliseconds however many rows there are:
    https://www.sqlite.org/lang_analyze.html#approx
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


def delete_in_batches(rows: QuerySet) -> int:
    """Delete `rows`, never locking many at once; answers how many there were."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:_BATCH]):
        # Filtered once more: what was renewed since it was read stays.
        deleted += rows.filter(pk__in=keys).delete()[0]
    return deleted
