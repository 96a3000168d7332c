"""Findings without a router, on a clock that only the test moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from routers.fleet.asking import Facts, Finding, Outcome
from routers.fleet.judging import judge
from routers.models import Router, RouterStatus

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FACTS = Facts("1d", "7.16.2 (stable)", "hEX", 7, 100, 200)


def found(router=None, at=NOON, outcome=Outcome.ANSWERED, reason="", **facts):
    """Return a finding of `at`; a miss needs a reason."""
    if reason:
        outcome = Outcome.MISSED
    return Finding(
        router or Router(pk=1, company_id=1),
        at,
        at,
        outcome,
        reason,
        replace(FACTS, **facts) if outcome is Outcome.ANSWERED else Facts(),
    )


class Watched:
    """One router's status, and the events that were recorded of it."""

    def __init__(self):
        self.status = RouterStatus(router_id=1)
        self.now = NOON
        self.kinds = []

    def hears(self, after=60, **found_as):
        """Judge one more finding, `after` seconds later; return the kinds of its events."""
        self.now += timedelta(seconds=after)
        kinds = [str(kind) for kind, _ in judge(self.status, found(at=self.now, **found_as))]
        self.kinds += kinds
        return kinds

    def answers(self, after=60, **facts):
        return self.hears(after, **facts)

    def misses(self, after=60, reason="timeout"):
        return self.hears(after, reason=reason)
