"""Which tasks there are: `<app>/tasks.py` registers them, and its `AppConfig.ready()` imports it."""

import inspect
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

tasks: dict[str, "Task"] = {}
periods: dict[str, float] = {}  # seconds, by task


@dataclass(frozen=True)
class Backoff:
    """How long to wait after a failure: up to `first` seconds, then `factor` times as long, to `cap`."""

    first: float = 2.0
    factor: float = 2.0
    cap: float = 300.0

    def delay(self, attempts: int) -> float:
        """Return a random part of the longest wait, so that what failed together parts ways."""
        doublings = min(attempts - 1, 64)  # beyond, a float overflows long after any cap
        return random.uniform(0, min(self.cap, self.first * self.factor**doublings))  # noqa: S311


@dataclass(frozen=True)
class Task:
    """A function that jobs run. Calling it runs it here and now, with no job."""

    name: str
    function: Callable[..., Any]
    max_attempts: int | None = 5  # None: never gives up
    backoff: Backoff = field(default_factory=Backoff)
    hears_cancel: bool = False

    def __call__(self, **arguments: Any) -> Any:
        return self.function(**arguments)

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise `TypeError` where the caller is, not in a worker, if the arguments do not fit."""
        inspect.signature(self.function).bind(**arguments)

    def may_try_again(self, attempts: int) -> bool:
        return self.max_attempts is None or attempts < self.max_attempts


def task(
    *, max_attempts: int | None = 5, backoff: Backoff = Backoff(), hears_cancel: bool = False
) -> Callable[[Callable[..., Any]], Task]:
    """Register a function as a task, named for its app: `routers.reconcile_router`.

    What it raises is a failure, and it runs again until `max_attempts`. It runs at least once, so
    it must be harmless to run twice; and outside of any transaction, so it may speak to a network.
    A task that `hears_cancel` has something to end: it runs though it was called off while it
    waited, and asks `Running.cancelled` first.
    """

    def register(function: Callable[..., Any]) -> Task:
        name = f"{function.__module__.removesuffix('.tasks')}.{function.__name__}"
        tasks[name] = made = Task(name, function, max_attempts, backoff, hears_cancel)
        return made

    return register


def every(*, seconds: float) -> Callable[[Task], Task]:
    """Run a task that takes no arguments every so often, never twice at once.

    What a time without workers has missed is run once, not as often as it was missed.
    """

    def register(periodic: Task) -> Task:
        periods[periodic.name] = seconds
        return periodic

    return register


def find(name: str) -> Task:
    """Return the task of this name.

    One that we do not know may come from a newer release that is being rolled out: it fails like
    any other, and is tried again by whoever knows it.
    """
    return tasks.get(name) or Task(name, _unknown, max_attempts=20)


def _unknown(**arguments: Any) -> None:
    raise LookupError("there is no such task")
