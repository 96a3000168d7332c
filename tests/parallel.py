"""Run the same thing many times at once, each on a database connection of its own.

Use these under `pytest.mark.django_db(transaction=True)`.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction


def at_once(act, count):
    """Call `act(0)` … `act(count - 1)` together; return what each answered or raised.

    The threads wait for each other before they start.
    """
    start = Barrier(count)

    def run(index):
        try:
            start.wait(timeout=20)
            return act(index)
        except Exception as exc:  # noqa: BLE001 (what was raised is the answer)
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def at_a_lock(rows, act, count):
    """Do as `at_once`, with `rows` locked until all of the threads wait for them.

    So each has read the rows as they were before any other changed them: a window that is
    seldom hit by chance. SQLite lets one write at a time and has no such window.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            list(rows.select_for_update())
            answers = pool.submit(at_once, act, count)
            if connection.vendor == "postgresql":
                _wait_until_blocked(count)
        return answers.result()


def _wait_until_blocked(count):
    deadline = time.monotonic() + 20
    blocked = 0
    with connection.cursor() as cursor:
        while blocked < count:
            assert time.monotonic() < deadline, f"only {blocked} of {count} wait for the lock"
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees it as it was
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            blocked = cursor.fetchone()[0]
