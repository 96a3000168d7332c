"""Workers in processes of their own, on the database of the test."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from django.conf import settings

from tests.forking import Nursery
from tests.processes import database_url

# Who is gone is found out at once, and nobody who is only slow is to lose a job.
LONG_LEASE, SHORT_LEASE = "600", "1.5"


class WorkerProcess:
    """`manage.py run_worker`, or another command, as an operator would run it."""

    def __init__(self, process, log):
        self.process = process
        self.log = log

    def said(self, text):
        return text in self.log.read_text()

    def kill(self, number=signal.SIGKILL):
        """Send the signal to the process, and one that cannot be caught to its children too."""
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=30):
        """Send the signal and return the exit code."""
        self.kill(number)
        return self.process.wait(seconds)


@pytest.fixture(scope="session")
def nurseries():
    """Those that workers came from, by what is special in their environment."""
    nurseries = {}
    yield nurseries
    for nursery in nurseries.values():
        nursery.close()


@pytest.fixture
def start_worker(transactional_db, tmp_path, nurseries):
    """Return a function that starts a worker; all that it started are gone before the rows are.

    A `command` of somebody else's, such as Celery's, is run as it is.
    """
    started = []

    def start(*options, command=None, schedules=False, **environment):
        log = tmp_path / f"worker{len(started)}.log"
        special = {
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.cloudpilot.jobs.worker_settings",
            "JOB_LEASE_SECONDS": LONG_LEASE,
            **({} if schedules else {"WITHOUT_SCHEDULES": "1"}),
            **environment,
        }
        words = [*map(str, options)]
        if command:
            process = _run([sys.executable, *command, *words], {**os.environ, **special}, log)
        else:
            process = _nursery(nurseries, special).run(["run_worker", *words], log)
        started.append(WorkerProcess(process, log))
        return started[-1]

    yield start
    for worker in started:
        worker.kill(signal.SIGCONT)
        worker.end(signal.SIGKILL)


def _run(command, environment, log):
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stderr=file,
            stdout=file,
            start_new_session=True,  # so that its children can be killed with it
        )


def _nursery(nurseries, special):
    key = frozenset(special.items())
    if key not in nurseries:
        nurseries[key] = Nursery({**os.environ, **special}, settings.BASE_DIR)
    return nurseries[key]


@pytest.fixture
def journal(tmp_path):
    """A file that tasks of all workers add lines to."""
    return Journal(tmp_path / "journal")


class Journal:
    def __init__(self, path):
        self.path = str(path)
        path.touch()
        self._read = path.read_text

    def lines(self, word):
        """Return the fields of the lines that begin with `word`, in the order of their times."""
        lines = (line.split() for line in self._read().splitlines())
        return sorted((line[1:] for line in lines if line[0] == word), key=lambda f: int(f[-1]))

    def most_at_once(self, *names):
        """Return how many of the named ran at the same time, at the most."""
        moments = [(int(f[-1]), 1) for f in self.lines("start") if f[0] in names]
        moments += [(int(f[-1]), -1) for f in self.lines("end") if f[0] in names]
        running = most = 0
        for _, change in sorted(moments):
            running += change
            most = max(most, running)
        return most
