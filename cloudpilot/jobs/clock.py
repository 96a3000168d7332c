from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """Return the one time that leases and due times are measured with.

    Workers on several hosts share a PostgreSQL server and so its clock: a host whose own is wrong
    neither takes a lease that has not passed nor holds on to one that has. A SQLite file is on one
    host, which has one clock.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def lease() -> timedelta:
    """Return how long a job is its worker's, and a worker is thought alive, without a sign of life."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)
