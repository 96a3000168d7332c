"""Run the same thing many times at once, each on a database connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once(act, count):
    """Call `act(0)` … `act(count - 1)` together; return what each answered or raised.

    The threads wait for each other before they start. Use it under
    `pytest.mark.django_db(transaction=True)`.
    """
    start = Barrier(count)

    def run(index):
        try:
            start.wait(timeout=20)
            return act(index)
        except Exception as exc:
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
