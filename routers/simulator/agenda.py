"""What a router does by itself when the time comes: scheduled scripts, and those that pause."""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from routers.simulator import accounts, scripting, values
from routers.simulator.clock import NEVER
from routers.simulator.commands import Session
from routers.simulator.errors import NotEnoughPermissions, Refused
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.router import Router

# Scripts that run scripts; a real router gives up at some depth too.
MAX_DEPTH = 10
_SCHEDULER = "/system/scheduler"
_SCRIPTS = "/system/script"
_JOBS = "/system/script/job"

_Steps = Generator[float, None, None]


class Agenda:
    def __init__(self, router: Router) -> None:
        self._router = router
        self._paused: list[tuple[float, int, str, _Steps]] = []
        self._numbers = itertools.count()
        self._depth = 0
        self._is_running = False
        # The second, by the router's clock, at which something is to be done next.
        self.next_due = NEVER
        # Called when that has changed.
        self.on_change: Callable[[], None] = lambda: None

    def changed(self) -> None:
        """Look again at what comes next."""
        before, self.next_due = self.next_due, min(self._first_scheduled()[0], self._first_pause())
        if self.next_due != before:
            self.on_change()

    def run_due(self) -> None:
        """Do all whose time has come, the earliest first."""
        if self._is_running:
            return
        self._is_running = True
        try:
            while self.next_due <= self._router.clock.seconds():
                self._run_next()
                self.changed()
        finally:
            self._is_running = False

    def forget_paused(self) -> None:
        """Reboot: no script goes on."""
        self._paused.clear()
        self.changed()

    def plan_startup(self) -> None:
        """Boot: what starts with the router starts again."""
        table = self._router.loaded(_SCHEDULER)
        for id_ in table.where(start_time="startup") if table else ():
            self._router.table(_SCHEDULER).set(id_, {"start-time": "startup"})

    # Scripts --------------------------------------------------------------------------------

    def run(self, source: str, session: Session) -> list[str]:
        """Run a script to its end or its first `:delay`, after which it goes on by itself.

        Returns what it has put out. An error is logged, and raised.
        """
        try:
            if self._depth >= MAX_DEPTH:
                raise Refused("too many scripts inside each other")
            script = scripting.Run(self._router, session, source)
            pause = self._step(steps := script.go())
        except Refused as refused:
            self._log(refused)
            raise
        if pause is not None:
            self._pause(steps, pause, self._new_job(source, session))
        return script.output

    def run_stored(self, id_: str, session: Session) -> None:
        """Run a row of `/system/script` for somebody who holds all the policies it asks for."""
        table = self._router.table(_SCRIPTS)
        row = table.rows[id_]
        if row["dont-require-permissions"] != "yes" and _policies(row) - session.policies:
            raise NotEnoughPermissions
        count = str(int(row["run-count"]) + 1)
        table.update(id_, {"run-count": count, "last-started": self._router.moment()})
        self.run(row["source"], session)

    def _step(self, steps: _Steps) -> float | None:
        """Go on until the script pauses, for so many seconds, or ends."""
        self._depth += 1
        try:
            return next(steps, None)
        except RecursionError:
            raise Refused("too many blocks inside each other") from None
        finally:
            self._depth -= 1

    def _new_job(self, source: str, session: Session) -> str:
        started = self._router.moment()
        row = {"owner": session.username, "script": source, "started": started, "type": "command"}
        return self._router.table(_JOBS).keep(row)

    def _pause(self, steps: _Steps, seconds: float, job: str) -> None:
        due = self._router.clock.seconds() + seconds
        heapq.heappush(self._paused, (due, next(self._numbers), job, steps))
        self.changed()

    def _log(self, refused: Refused) -> None:
        self._router.log("script,error", f"script error: {refused.message}")

    # What is due ----------------------------------------------------------------------------

    def _first_pause(self) -> float:
        return self._paused[0][0] if self._paused else NEVER

    def _first_scheduled(self) -> tuple[float, str]:
        table = self._router.loaded(_SCHEDULER)
        rows = table.rows.items() if table else ()
        due = ((float(row["_next"]), id_) for id_, row in rows if row["disabled"] == "false")
        return min(due, default=(NEVER, ""))

    def _run_next(self) -> None:
        due, id_ = self._first_scheduled()
        if self._first_pause() < due:
            self._resume()
            return
        table = self._router.table(_SCHEDULER)
        row = table.rows[id_]
        following = due + (values.parse_duration(row["interval"]) or NEVER)
        count = str(int(row["run-count"]) + 1)
        table.update(id_, {"run-count": count, "_next": str(following)})
        with contextlib.suppress(Refused):  # it is in the log
            self._run_event(row)

    def _run_event(self, row: Row) -> None:
        """Run what an entry says: a script, or the name of one."""
        session = _session(self._router, row)
        named = self._router.table(_SCRIPTS).where(name=row["on-event"])
        if named:
            self.run_stored(named[0], session)
        else:
            self.run(row["on-event"], session)

    def _resume(self) -> None:
        _, _, job, steps = heapq.heappop(self._paused)
        jobs = self._router.table(_JOBS)
        if job not in jobs.rows:
            return  # somebody has ended it
        try:
            pause = self._step(steps)
        except Refused as refused:
            self._log(refused)
            pause = None
        if pause is not None:
            self._pause(steps, pause, job)
        elif job in jobs.rows:
            jobs.drop(job)


def _policies(row: Row) -> set[str]:
    return set(filter(None, row.get("policy", "").split(",")))


def _session(router: Router, row: Row) -> Session:
    """Return the owner's rights, as far as the row asks for them."""
    users = router.table("/user")
    for id_ in users.where(name=row["owner"]):
        group = users.rows[id_]["group"]
        granted = accounts.policies_of(router, group) & _policies(row)
        return Session(row["owner"], group, frozenset(granted), "", "script")
    return Session(row["owner"], "", frozenset(), "", "script")
