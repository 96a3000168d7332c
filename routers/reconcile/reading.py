"""What stands on a router: the rows of every menu that may hold ours, read in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloudpilot.text import storable
from routers.reconcile.changes import Problem
from routers.reconcile.menus import MENUS
from routers.reconcile.plan import proplist, queries
from routers.reconcile.revert import SCHEDULER
from routers.reconcile.rows import Desired, Row, is_revert
from routers.routeros import Command, Deadline, Reply, Session
from routers.routeros.errors import Refused, UnknownCommand

_LONGEST_SAID = 300
_SWITCHES = Command(SCHEDULER, "print", proplist=(".id", "name"))


@dataclass(frozen=True)
class Reading:
    """The rows by menu. A menu that the router lacks is in none of these.

    `switches` are the ids of reverts that wait on the router for a confirmation.
    """

    rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)

    @property
    def unreadable(self) -> set[str]:
        return {problem.menu for problem in self.problems}


def read(
    session: Session, menus: Iterable[str], desired: Sequence[Desired], deadline: Deadline
) -> Reading:
    """Read no more of these menus than a plan for the desired rows needs."""
    menus = [menu for menu in MENUS if menu in set(menus)]
    commands = [
        Command(menu, "print", queries=queries(menu, desired), proplist=proplist(menu, desired))
        for menu in menus
    ]
    may_be_armed = any(MENUS[menu].cuts for menu in menus)
    outcomes = session.run_many([*commands, *[_SWITCHES] * may_be_armed], deadline)

    reading = Reading()
    if may_be_armed:
        switches = outcomes.pop()
        reading.switches.extend(
            row[".id"] for row in _rows(switches) if is_revert(row.get("name", ""))
        )
    for menu, outcome in zip(menus, outcomes, strict=True):
        if not isinstance(outcome, Refused):
            reading.rows[menu] = _rows(outcome)
        elif not isinstance(outcome, UnknownCommand):
            sentence = f"The router does not let us read {menu}: {said(outcome)}"
            reading.problems.append(Problem(menu, "", "not_readable", sentence))
    return reading


def said(refusal: Refused) -> str:
    """Return the router's own words as they can be stored, for it may send any."""
    return storable(refusal.message, _LONGEST_SAID)


def _rows(outcome: Reply | Refused) -> list[dict[str, str]]:
    # What has no id could be neither changed nor removed: no real router sends it.
    return [] if isinstance(outcome, Refused) else [row for row in outcome.rows if row.get(".id")]
