"""Tasks for tests: each does one thing that a real one may."""

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
