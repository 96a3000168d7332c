"""gunicorn: threads for waiting, one process a core (architecture, decision 4)."""

import os

from gunicorn import util
from gunicorn.arbiter import Arbiter

from cloudpilot import collector, settings, unreadable

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
    collector.settle()  # before the first process of its own is made
