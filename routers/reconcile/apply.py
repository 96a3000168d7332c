"""Carrying changes out: in windows of pipelined commands, each under a lease renewed for it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from routers import connections
from routers.models import Router
from routers.reconcile.changes import Change, command_of
from routers.reconcile.lease import Lease
from routers.routeros import Deadline, Reply
from routers.routeros.errors import Refused

Phases = Sequence[Sequence[Change]]

# Between two windows another caller of this process may have the router's one connection, and
# another process may find that our lease is over.
WINDOW = 250


@dataclass(frozen=True)
class Done:
    """A change that the router has answered, and its no if it said that."""

    change: Change
    refusal: Refused | None = None


def carry_out(
    router: Router, lease: Lease, phases: Phases, *, seconds: float | None = None
) -> Iterator[Done]:
    """Send the changes phase by phase, and yield each once it is answered.

    `seconds` bounds each window further than the lease does.
    Raises `LeaseLost`, and `Unavailable`: what was under way may then have been done or not.
    """
    for window in windows(phases):
        deadline = lease.window()
        if seconds is not None:
            deadline = deadline.within(seconds)
        yield from _carry_out_window(router, window, deadline)


def _carry_out_window(router: Router, phases: Phases, deadline: Deadline) -> Iterator[Done]:
    with connections.session(router, deadline) as session:
        for phase in phases:
            outcomes = session.run_many([command_of(change) for change in phase], deadline)
            yield from map(_done, phase, outcomes)


def _done(change: Change, outcome: Reply | Refused) -> Done:
    return Done(change, outcome if isinstance(outcome, Refused) else None)


def windows(phases: Phases, size: int = WINDOW) -> Iterator[Phases]:
    """Cut the phases into runs of `size` changes, without joining what must come one by one."""
    window: list[Sequence[Change]] = []
    room = size
    for part in _parts(phases, size):
        if len(part) > room:
            yield window
            window, room = [], size
        window.append(part)
        room -= len(part)
    if window:
        yield window


def _parts(phases: Iterable[Sequence[Change]], size: int) -> Iterator[Sequence[Change]]:
    for phase in phases:
        for start in range(0, len(phase), size):
            yield phase[start : start + size]
