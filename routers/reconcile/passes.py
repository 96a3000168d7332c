"""One pass over one router: look, plan, write, and look again until nothing is left to do."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import groupby, islice
from typing import Any

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from cloudpilot.text import storable
from routers import connections, events
from routers.models import Reconciliation, Router, RouterEvent
from routers.reconcile import providers, safety
from routers.reconcile.apply import WINDOW, Done, Phases, carry_out
from routers.reconcile.changes import Action, Change, Plan, Problem
from routers.reconcile.lease import Lease
from routers.reconcile.menus import MENUS
from routers.reconcile.plan import make_plan
from routers.reconcile.reading import Reading, read, said
from routers.reconcile.rows import is_mark
from routers.reconcile.written import WrittenSecrets
from routers.routeros import Deadline

# What a router made of the first round's values, the second shows; a third one is for what the
# second uncovered. What differs still is not ours to settle.
_ROUNDS = 3
_MOST_PROBLEMS = 100
_SAMPLES = 10
_CHECK_EVERY = timedelta(minutes=15)

_TAKEN_BACK = (
    "The router took this back, for we could not reach it afterwards. It is not tried again until "
    "what is wanted changes or somebody asks for it."
)
_NOT_KEPT = "The router took this, but does not show it: {reason}."


@dataclass(frozen=True)
class Outcome:
    """What a pass came to: how many changes of each kind the router took, and what is left over."""

    changed: dict[str, int]
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"changed": self.changed, "problems": [asdict(p) for p in self.problems]}


class View:
    """What is wanted of a router and what stands there, as far as it has been read."""

    def __init__(self, router: Router) -> None:
        self.router = router
        rows = Reconciliation.objects.filter(pk=router.pk)
        self.row = rows.first() or Reconciliation(router=router)
        # In this order: what changes after the version was read is for the pass after this one.
        self.desired = providers.desired_rows(router)
        self.menus = sorted({*self.row.menus, *(row.menu for row in self.desired)})
        self.rows_digest = safety.digest_of(self.desired)
        self.reading = Reading()
        self.written = WrittenSecrets(router)

    @property
    def is_taken_back(self) -> bool:
        """Whether the router took back just the risky rows that are wanted now."""
        return self.row.reverted_rows == self.rows_digest

    def read(self, deadline: Deadline, menus: Iterable[str] | None = None) -> None:
        """Read these menus again, or all."""
        menus = self.menus if menus is None else menus
        probe = self.router.is_online  # somebody has met it since it failed here, if it did
        with connections.session(self.router, deadline, probe=probe) as session:
            fresh = read(session, menus, self.desired, deadline)
        kept = [problem for problem in self.reading.problems if problem.menu not in menus]
        rows = {menu: rows for menu, rows in self.reading.rows.items() if menu not in menus}
        self.reading = Reading(rows | fresh.rows, kept + fresh.problems, fresh.switches)

    def keys(self) -> Iterator[str]:
        """Yield the marks of the rows of ours that stand there, as of the last reading."""
        for menu, rows in self.reading.rows.items():
            marks = (row.get(MENUS[menu].marked_by, "") for row in rows)
            yield from filter(is_mark, marks)

    def plan(self) -> Plan:
        unreadable = self.reading.unreadable
        desired = [row for row in self.desired if row.menu not in unreadable]
        plan = make_plan(
            desired,
            self.reading.rows,
            written=self.written.digests,
            digest=self.written.digest,
        )
        return Plan(plan.phases, (*self.reading.problems, *plan.problems))


class Pass:
    """Makes a router what it should be, for whoever holds its lease."""

    def __init__(self, router: Router, lease: Lease) -> None:
        self.router = router
        self.lease = lease
        self.view = View(router)
        self._answers: dict[object, Done] = {}
        self._held_back: tuple[str, str] | None = None  # why risky changes are: code, sentence

    def run(self) -> Outcome:
        """Raises `Unavailable`, and `LeaseLost`."""
        view = self.view
        if view.menus != view.row.menus:
            # Before the first write: whatever becomes of us, the next pass knows where to look.
            self.lease.update(menus=view.menus)
        if view.menus:
            view.read(self.lease.window())
            self._settle_what_was_armed()
        plan = self._write_in_rounds()
        problems = (*plan.problems, *self._problems(plan))
        providers.tell_of_all(self.router, view.keys(), problems)
        self._finish(problems)
        return Outcome(self._changed(), problems)

    def note_failure(self, why: str) -> None:
        """Write down that the pass came to no end, and what it did until then."""
        why = storable(why, 500)
        with transaction.atomic():
            self._note_drift()
            self.lease.update(error=why, last_pass_at=Now(), due_at=later(2))
            if not self.view.row.error:
                events.record(self.router, RouterEvent.Kind.RECONCILE_FAILED, reason=why)

    def _write_in_rounds(self) -> Plan:
        plan = self.view.plan()
        for _ in range(_ROUNDS):
            phases = self._to_send(plan)
            if not phases:
                break
            before = set(self._answers)
            self._write(phases)
            touched = {change.menu for phase in phases for change in phase}
            self.view.read(self.lease.window(), touched)
            taken = [
                d.change for k, d in self._answers.items() if k not in before and not d.refusal
            ]
            self.view.written.note(taken, self.view.reading.rows)
            plan = self.view.plan()
        return plan

    def _to_send(self, plan: Plan) -> Phases:
        """Leave out what is held back, and what the router has answered once in this pass."""
        phases = (
            [c for c in phase if _identity(c) not in self._answers and not self._is_held_back(c)]
            for phase in plan.phases
        )
        return [phase for phase in phases if phase]

    def _is_held_back(self, change: Change) -> bool:
        return change.is_risky and self._held_back is not None

    def _write(self, phases: Phases) -> None:
        for is_risky, group in groupby(phases, key=lambda phase: phase[0].is_risky):
            if is_risky:
                self._write_safely(list(group))
            else:
                self._note(carry_out(self.router, self.lease, list(group)))

    def _write_safely(self, phases: Phases) -> None:
        if self._held_back:
            return
        try:
            self._note(
                safety.carry_out_safely(self.router, self.lease, phases, self.view.rows_digest)
            )
        except safety.CannotArm as exc:
            self._held_back = "not_armed", str(exc)
        except safety.TakenBack:
            self._note_taken_back()
            self._hold_back_what_was_taken_back()

    def _note(self, answers: Iterator[Done]) -> None:
        while some := list(islice(answers, WINDOW)):
            self._answers |= {_identity(done.change): done for done in some}
            taken = (d.change for d in some if not d.refusal)
            added = (change.key for change in taken if change.action is Action.ADD)
            providers.tell_of_added(self.router, added)

    # Safe changes ---------------------------------------------------------------------------

    def _settle_what_was_armed(self) -> None:
        """Find out what became of risky changes whose pass did not see their end."""
        row, switches = self.view.row, self.view.reading.switches
        if switches:
            try:
                safety.confirm_leftovers(self.router, self.lease, switches)
            except safety.TakenBack:
                self._note_taken_back()
                self.view.read(self.lease.window())
        elif row.armed_token:
            self._note_taken_back()
        self._hold_back_what_was_taken_back()

    def _hold_back_what_was_taken_back(self) -> None:
        if self.view.is_taken_back:
            self._held_back = "reverted", _TAKEN_BACK

    def _note_taken_back(self) -> None:
        row = self.view.row
        row.refresh_from_db(fields=["armed_rows"])
        with transaction.atomic():
            self.lease.update(armed_token="", armed_rows="", reverted_rows=row.armed_rows)
            events.record(self.router, RouterEvent.Kind.REVERTED)
        row.reverted_rows = row.armed_rows

    # The end --------------------------------------------------------------------------------

    def _carried_out(self) -> list[Change]:
        return [done.change for done in self._answers.values() if not done.refusal]

    def _changed(self) -> dict[str, int]:
        counts = {str(action): 0 for action in Action}
        for change in self._carried_out():
            counts[change.action] += 1
        return counts

    def _problems(self, plan: Plan) -> Iterator[Problem]:
        """Say of each change that is left over why it is."""
        for change in plan.changes:
            done = self._answers.get(_identity(change))
            if self._held_back and change.is_risky:
                code, sentence = self._held_back
            elif done and done.refusal:
                code, sentence = "refused", said(done.refusal)
            else:
                code, sentence = "not_kept", _NOT_KEPT.format(reason=storable(change.reason))
            yield Problem(change.menu, change.key, code, sentence)

    def _finish(self, problems: Sequence[Problem]) -> None:
        row = self.view.row
        shown = [asdict(problem) for problem in problems[:_MOST_PROBLEMS]]
        columns: dict[str, Any] = {"problems": shown, "error": "", "last_pass_at": Now()}
        if not problems:
            columns |= {"applied_version": row.desired_version, "last_success_at": Now()}
        unchanged = When(desired_version=row.desired_version, then=later(1))
        with transaction.atomic():
            self._note_drift()
            self.lease.update(**columns, due_at=Case(unchanged, default=F("due_at")))
            if shown and shown != row.problems:
                events.record(
                    self.router,
                    RouterEvent.Kind.RECONCILE_REFUSED,
                    count=len(problems),
                    problems=shown[:_SAMPLES],
                )

    def _note_drift(self) -> None:
        """Count what had to be repaired though nothing else was wanted since the last pass."""
        repaired = self._carried_out()
        if not repaired or self.view.row.applied_version != self.view.row.desired_version:
            return
        self.lease.update(drift_repaired=F("drift_repaired") + len(repaired))
        samples = [
            {"action": str(c.action), "menu": c.menu, "key": c.key, "reason": storable(c.reason)}
            for c in repaired[:_SAMPLES]
        ]
        events.record(
            self.router,
            RouterEvent.Kind.DRIFT_REPAIRED,
            count=len(repaired),
            changed=self._changed(),
            samples=samples,
        )


def _identity(change: Change) -> object:
    """Two changes with the same identity are the same command for the same reason."""
    attributes = tuple(sorted(change.attributes.items()))
    return change.action, change.menu, change.key, change.id, change.place_before, attributes


def later(times: int) -> Any:
    """Return a moment that is not the same for all routers that were looked at together."""
    return Now() + times * _CHECK_EVERY * random.uniform(0.75, 1.25)  # noqa: S311
