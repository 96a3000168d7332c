"""How a worker hears of a commit at once, without asking all the time.

A hint may be lost: whoever waits for one asks for himself now and then.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction

from cloudpilot.jobs.models import Job

log = logging.getLogger("cloudpilot.jobs")

POLL_SECONDS = 1.0
_CHANNEL = "cloudpilot_jobs"
_PEEK_SECONDS = 0.05


def announce(job: Job, after: float) -> None:
    """Tell the workers of a job once the caller's transaction commits."""
    if after >= POLL_SECONDS:
        return  # they ask often enough to find it in time
    if settings.CELERY_BROKER_URL:
        from cloudpilot.jobs import celery  # only where it is installed

        transaction.on_commit(partial(celery.send, job.pk))
    elif connection.vendor == "postgresql":  # SQLite shows every commit to who looks
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {_CHANNEL}")  # the same one, many times, is sent once


def watch(wake: Callable[[], None], stop: threading.Event) -> None:
    """Call `wake` after each commit that may have brought a job, until `stop`."""
    wait_for_one = _listen if connection.vendor == "postgresql" else _peek
    while not stop.is_set():
        try:
            wait_for_one(wake, stop)
        except Error:
            log.warning("Hints of new jobs are lost for now", exc_info=True)
            stop.wait(POLL_SECONDS)
        close_old_connections()
    connection.close()


def _peek(wake: Callable[[], None], stop: threading.Event) -> None:
    """Look at the number that SQLite changes with each commit of another connection."""
    seen = None
    with connection.cursor() as cursor:
        while not stop.wait(_PEEK_SECONDS):
            cursor.execute("PRAGMA data_version")
            now = cursor.fetchone()
            if now != seen:
                seen = now
                wake()


def _listen(wake: Callable[[], None], stop: threading.Event) -> None:
    """Listen on a connection that stays open, and so is none of the pool's."""
    import psycopg  # only where it is the database's driver

    parameters = connection.get_connection_params()
    with connection.wrap_database_errors, psycopg.connect(**parameters, autocommit=True) as ears:
        ears.execute(f"LISTEN {_CHANNEL}")
        wake()  # what was announced before we listened
        while not stop.is_set():
            for _ in ears.notifies(timeout=POLL_SECONDS, stop_after=1):
                wake()
