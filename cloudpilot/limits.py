"""Rate limits that hold across processes: each decision is one conditional statement.

DRF's throttles read, add and write, and let two to five times the limit through (measured).
A limit's name, number and window stand in `settings.LIMITS`.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from cloudpilot.crypto import digest
from cloudpilot.errors import DomainError, TooManyRequests
from cloudpilot.models import RateCounter
from cloudpilot.prepared import prepared

# How long an attempt waits for others of the same key to come out, when only they fill the limit.
_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.02


class _Refused(Exception):
    def __init__(self, spent: int, ends_at: datetime) -> None:
        self.spent = spent
        self.ends_at = ends_at


def spend(limit: str, subject: str) -> None:
    """Count one use by `subject`; raises `TooManyRequests` beyond the limit."""
    number, window = settings.LIMITS[limit]
    try:
        _take(_key(limit, subject), number, window, spent=1, held=0)
    except _Refused as refused:
        raise _too_many(refused.ends_at) from None


@contextmanager
def failures_counted(limit: str, subject: str) -> Iterator[None]:
    """Count one use by `subject` if the block raises, none if it comes to its end.

    A place is held while the block runs, so parallel attempts cannot pass the limit together.
    An attempt that finds only held places waits a little: most will be given back.
    """
    number, window = settings.LIMITS[limit]
    key = _key(limit, subject)
    _hold(key, number, window)
    failed = True
    try:
        yield
        failed = False
    except TooManyRequests:
        failed = False  # another limit refused, so nothing was tried
        raise
    finally:
        RateCounter.objects.filter(key=key, held__gt=0).update(
            held=F("held") - 1, spent=F("spent") + (1 if failed else 0)
        )


@contextmanager
def failures_spent(
    subjects: Mapping[str, str], *, kind: type[DomainError] = DomainError
) -> Iterator[None]:
    """Count one use of each limit by its subject if the block raises, and write nothing if not.

    For what is tried often and mostly succeeds. Attempts that are under way when a limit is
    reached are all carried out, but no more failures than the limit are told what they are:
    further ones raise `TooManyRequests` instead.
    """
    _demand_room(subjects)
    try:
        yield
    except kind:
        for limit, subject in subjects.items():
            spend(limit, subject)
        raise


def _demand_room(subjects: Mapping[str, str]) -> None:
    numbers = {
        _key(limit, subject): settings.LIMITS[limit][0] for limit, subject in subjects.items()
    }
    for row in _running(timezone.now(), *numbers) if numbers else ():
        if row.spent + row.held >= numbers[row.key]:
            raise _too_many(row.ends_at)


@prepared
def _running(now: Any, *keys: Any) -> QuerySet[RateCounter]:
    return RateCounter.objects.filter(key__in=keys, ends_at__gt=now)


def _hold(key: str, number: int, window: int) -> None:
    patience = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            _take(key, number, window, spent=0, held=1)
        except _Refused as refused:
            if refused.spent >= number or time.monotonic() > patience:
                raise _too_many(refused.ends_at) from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def _take(key: str, number: int, window: int, *, spent: int, held: int) -> None:
    now = timezone.now()
    table = connection.ops.quote_name(RateCounter._meta.db_table)
    adapt = connection.ops.adapt_datetimefield_value
    values = {
        "key": key,
        "now": adapt(now),
        "ends_at": adapt(now + timedelta(seconds=window)),
        "spent": spent,
        "held": held,
        "number": number,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(table=table), values)
        if cursor.fetchone() is not None:
            return
    row = RateCounter.objects.get(key=key)
    raise _Refused(row.spent, row.ends_at)


# A window that has ended starts anew in the same statement.
_TAKE = """
    INSERT INTO {table} AS counter (key, ends_at, spent, held)
    VALUES (%(key)s, %(ends_at)s, %(spent)s, %(held)s)
    ON CONFLICT (key) DO UPDATE SET
        spent = CASE WHEN counter.ends_at <= %(now)s THEN %(spent)s ELSE counter.spent + %(spent)s END,
        held = CASE WHEN counter.ends_at <= %(now)s THEN %(held)s ELSE counter.held + %(held)s END,
        ends_at = CASE WHEN counter.ends_at <= %(now)s THEN %(ends_at)s ELSE counter.ends_at END
    WHERE counter.ends_at <= %(now)s OR counter.spent + counter.held < %(number)s
    RETURNING key
"""


def _key(limit: str, subject: str) -> str:
    # Digested: the table holds no addresses and no names, and a key has one length.
    return digest(f"{limit}\0{subject}", "rate-counter")


def _too_many(ends_at: datetime) -> TooManyRequests:
    seconds = max(1, round((ends_at - timezone.now()).total_seconds()))
    return TooManyRequests("Too many requests; try again later.", retry_after=seconds)
