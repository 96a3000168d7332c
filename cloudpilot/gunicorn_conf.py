"""gunicorn: threads for waiting, one process a core (architecture, decision 4)."""

import gc
import os

from gunicorn import util
from gunicorn.arbiter import Arbiter

from cloudpilot import settings, unreadable

wsgi_app = "cloudpilot.wsgi:application"
bind = f"127.0.0.1:{settings.PORT}"
worker_class = "gthread"
workers = os.cpu_count() or 2
threads = settings.WEB_THREADS
preload_app = True  # or who follows a process that ended needs seconds to read all of our code
timeout = 60  # above every deadline that a request may wait for a router
max_requests = 10_000
max_requests_jitter = 1_000
accesslog = None  # one JSON line a request comes from cloudpilot.logs
# There is no setting for what is answered to a request that gunicorn cannot read: it is HTML.
util.write_error = unreadable.write_error


def when_ready(server: Arbiter) -> None:
    """Have the collector pass over all that was read before the first request, for good.

    It looked at half a million objects of ours whenever a long answer made it look: 150 ms.
    """
    gc.collect()
    gc.freeze()
