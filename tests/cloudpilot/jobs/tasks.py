"""Tasks for tests: each does one thing that a real one may."""

import os
import signal
import time
from pathlib import Path

from cloudpilot import jobs
from cloudpilot.errors import Unavailable


@jobs.task()
def echo(*, value=None):
    return value


@jobs.task(max_attempts=2)
def crash():
    raise KeyError("not for everybody's eyes")


@jobs.task(max_attempts=None)
def find_nobody():
    raise Unavailable("The router did not answer.")


@jobs.task()
def come_again(*, after=None, count=True):
    raise jobs.Retry(after, count=count)


@jobs.task()
def give_up():
    raise jobs.GiveUp("The router is gone.")


@jobs.task()
def report():
    jobs.current().progress(3, 7)
    return {"alive": jobs.current().alive(), "cancelled": jobs.current().cancelled()}


def _note(journal, word, name):
    line = f"{word} {name} {os.getpid()} {time.monotonic_ns()}\n"
    with Path(journal).open("a") as file:  # a short line is written whole
        file.write(line)


@jobs.task()
def work(*, journal, name, seconds=0.02):
    """Take a while, and say when."""
    _note(journal, "start", name)
    time.sleep(seconds)
    _note(journal, "end", name)


@jobs.task(max_attempts=None)
def hold(*, journal, name, gate):
    """Go on until the file `gate` is there, or somebody cancels; answers whose work it was."""
    _note(journal, "start", name)
    while not Path(gate).exists() and not jobs.current().cancelled():
        time.sleep(0.02)
    _note(journal, "end", name)
    return os.getpid()


@jobs.task(max_attempts=2, backoff=jobs.Backoff(first=0.01))
def die():
    """Take the worker along."""
    os.kill(os.getpid(), signal.SIGKILL)


@jobs.every(seconds=3600)
@jobs.task()
def hourly():
    pass
