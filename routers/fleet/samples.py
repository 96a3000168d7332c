"""What was seen of routers in spans of time, added up to longer spans as it ages."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet, Sum

from routers.fleet.asking import Finding, Outcome
from routers.models import Router, RouterSample

FINE, HOUR, DAY = 300, 3600, 86_400  # seconds
KEPT = {FINE: timedelta(days=2), HOUR: timedelta(days=90), DAY: timedelta(days=3 * 365)}

_BATCH = 500
_DELETED_AT_ONCE = 5000
_SUMS = ("checks", "answers", "cpu_load_sum", "free_memory_sum")
_MAXIMA = ("cpu_load_max", "total_memory")


def start_of(span: int, moment: datetime) -> datetime:
    """Return when the span of `span` seconds began that `moment` is in."""
    return datetime.fromtimestamp(moment.timestamp() // span * span, UTC)


def finest_since(now: datetime) -> datetime:
    """Return from when on the finest samples are there."""
    return start_of(HOUR, now - KEPT[FINE])


def hours_since(now: datetime) -> datetime:
    """Return from when on the samples of hours are there."""
    return start_of(DAY, now - KEPT[HOUR])


# --- Adding ---------------------------------------------------------------------------------


def add(findings: Iterable[Finding]) -> None:
    """Count each finding as one check of its router.

    Callers hold locks on the routers' rows, or one that is deleted meanwhile takes the whole
    batch with it.
    """
    _insert([_row(finding) for finding in findings])


def add_absences(router_ids: Iterable[int], at: datetime) -> None:
    """Count one check without an answer for each router, as `add` does."""
    starts_at = _adapted(start_of(FINE, at))
    _insert([(pk, FINE, starts_at, 1, 0, 0, 0, 0, 0) for pk in router_ids])


def _row(finding: Finding) -> tuple[Any, ...]:
    facts = finding.facts
    answers = int(finding.outcome is Outcome.ANSWERED)
    load = facts.cpu_load or 0
    starts_at = _adapted(start_of(FINE, finding.heard_at))
    memory = (facts.free_memory or 0, facts.total_memory or 0)
    return (finding.router.pk, FINE, starts_at, 1, answers, load, load, *memory)


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


# Two sweeps that meet in one row both count: the database adds, not we.
_ADD = """
    INSERT INTO {table} AS kept (router_id, width, starts_at, checks, answers, cpu_load_sum,
                                 cpu_load_max, free_memory_sum, total_memory)
    VALUES {rows}
    ON CONFLICT (router_id, width, starts_at) DO UPDATE SET
        checks = kept.checks + excluded.checks,
        answers = kept.answers + excluded.answers,
        cpu_load_sum = kept.cpu_load_sum + excluded.cpu_load_sum,
        cpu_load_max = CASE WHEN excluded.cpu_load_max > kept.cpu_load_max
                       THEN excluded.cpu_load_max ELSE kept.cpu_load_max END,
        free_memory_sum = kept.free_memory_sum + excluded.free_memory_sum,
        total_memory = CASE WHEN excluded.total_memory > 0
                       THEN excluded.total_memory ELSE kept.total_memory END
"""


def _insert(rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    places = f"({', '.join(['%s'] * len(rows[0]))})"
    table = connection.ops.quote_name(RouterSample._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD.format(table=table, rows=", ".join([places] * len(rows))),
            [value for row in rows for value in row],
        )


# --- Ageing ---------------------------------------------------------------------------------


def roll_up(now: datetime) -> None:
    """Add up every hour and every day that is over; to do it twice changes nothing.

    The last two that were added up are added up again: what came late is in them too.
    """
    for source, target in ((FINE, HOUR), (HOUR, DAY)):
        for start in _spans_over(source, target, now):
            _add_up(source, target, start)


def _spans_over(source: int, target: int, now: datetime) -> Iterator[datetime]:
    samples = RouterSample.objects
    newest = samples.filter(width=target).aggregate(at=Max("starts_at"))["at"]
    oldest = samples.filter(width=source).aggregate(at=Min("starts_at"))["at"]
    if oldest is None:
        return
    span = timedelta(seconds=target)
    # No span that has lost samples to their age is added up anew.
    start = start_of(target, oldest) if newest is None else max(newest - span, oldest)
    start = start_of(target, start - timedelta(microseconds=1)) + span if newest else start
    while start + span <= now:
        yield start
        start += span


def _add_up(source: int, target: int, start: datetime) -> None:
    end = start + timedelta(seconds=target)
    within = RouterSample.objects.filter(width=source, starts_at__gte=start, starts_at__lt=end)
    ids = sorted(set(within.values_list("router_id", flat=True)))
    for first in range(0, len(ids), _BATCH):
        with transaction.atomic():
            there = lock(ids[first : first + _BATCH])
            _replace(target, start, within.filter(router_id__in=there))


def _replace(width: int, starts_at: datetime, within: QuerySet[RouterSample]) -> None:
    sums = {name: Sum(name) for name in _SUMS} | {name: Max(name) for name in _MAXIMA}
    added = within.values("router_id").annotate(
        **{f"all_{name}": total for name, total in sums.items()}
    )
    rows: Iterable[Any] = added
    RouterSample.objects.bulk_create(
        [
            RouterSample(
                router_id=row["router_id"],
                width=width,
                starts_at=starts_at,
                **{name: row[f"all_{name}"] for name in sums},
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["router", "width", "starts_at"],
        update_fields=list(sums),
    )


def lock(router_ids: Iterable[int]) -> list[int]:
    """Lock the routers' rows until the transaction ends, and return those that are still there."""
    rows = Router.objects.select_for_update(no_key=True).filter(pk__in=router_ids).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def prune(now: datetime) -> None:
    """Delete the samples that are older than their width is kept; call it after `roll_up`."""
    oldest = {
        FINE: finest_since(now) - timedelta(seconds=HOUR),
        HOUR: hours_since(now) - timedelta(seconds=DAY),
        DAY: start_of(DAY, now - KEPT[DAY]),
    }
    for width, moment in oldest.items():
        old = RouterSample.objects.filter(width=width, starts_at__lt=moment)
        while old.filter(pk__in=old.values("pk")[:_DELETED_AT_ONCE]).delete()[0]:
            pass  # in slices, so that nobody waits long for the table
