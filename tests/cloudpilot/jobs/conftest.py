"""Workers in processes of their own, on the database of the test."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from django.conf import settings

from tests.processes import database_url

RUN_WORKER = ("manage.py", "run_worker")


class WorkerProcess:
    """`manage.py run_worker`, or another command, as an operator would run it."""

    def __init__(self, command, log, **environment):
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env={
                    **os.environ,
                    "DATABASE_URL": database_url(),
                    "DJANGO_SETTINGS_MODULE": "tests.cloudpilot.jobs.worker_settings",
                    "JOB_LEASE_SECONDS": "1.5",
                    **environment,
                },
                stderr=file,
                stdout=file,
                start_new_session=True,  # so that its children can be killed with it
            )

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


@pytest.fixture
def start_worker(transactional_db, tmp_path):
    """Return a function that starts a worker; all that it started are gone before the rows are."""
    started = []

    def start(*options, command=RUN_WORKER, schedules=False, **environment):
        log = tmp_path / f"worker{len(started)}.log"
        command = [*command, *map(str, options)]
        environment |= {} if schedules else {"WITHOUT_SCHEDULES": "1"}
        started.append(WorkerProcess(command, log, **environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill(signal.SIGCONT)
        worker.end(signal.SIGKILL)


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
