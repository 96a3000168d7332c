"""How much a voucher has used, added up from counters that routers forget.

A router counts in two places: a session's row in `/ip/hotspot/active` while it lasts, and the
user's row in `/ip/hotspot/user` once it has ended. Both start anew when the user is made anew, and
the user's also when somebody resets it. What was counted before stays counted here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from routers.reconcile.kinds import DURATION, SIZE
from routers.reconcile.rows import Row

_LARGEST = 2**62  # what a database column holds, whatever a router says


@dataclass(frozen=True, slots=True)
class Usage:
    """Time online in seconds, and bytes from and to the guest."""

    seconds: int = 0
    uploaded: int = 0
    downloaded: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return self._with(other, lambda a, b: min(a + b, _LARGEST))

    def __sub__(self, other: "Usage") -> "Usage":
        """Return what is left; never less than nothing."""
        return self._with(other, lambda a, b: max(a - b, 0))

    def at_least(self, other: "Usage") -> "Usage":
        return self._with(other, max)

    def covers(self, other: "Usage") -> bool:
        """Whether no part of this is less than its part of `other`."""
        return self.at_least(other) == self

    @property
    def time(self) -> timedelta:
        return timedelta(seconds=min(self.seconds, _LONGEST))

    def _with(self, other: "Usage", join: Callable[[int, int], int]) -> "Usage":
        return Usage(
            join(self.seconds, other.seconds),
            join(self.uploaded, other.uploaded),
            join(self.downloaded, other.downloaded),
        )


_LONGEST = 10**9  # seconds: what `timedelta` and every database hold with room to spare
NOTHING = Usage()

# By so much may two counters of one thing differ: they are not read in the same moment.
_SLACK = Usage(seconds=10, uploaded=2**20, downloaded=2**20)


def usage_of(row: Row) -> Usage:
    """Read the counters of a row; what is no number counts for nothing.

    RouterOS counts from its own side: what came in is what the guest sent.
    """
    microseconds = _number(DURATION.meaning(row.get("uptime", "0s")))
    uploaded = _number(SIZE.meaning(row.get("bytes-in", "0")))
    downloaded = _number(SIZE.meaning(row.get("bytes-out", "0")))
    return Usage(min(microseconds // 1_000_000, _LONGEST), uploaded, downloaded)


def _number(meaning: object) -> int:
    return min(max(meaning, 0), _LARGEST) if isinstance(meaning, int) else 0


def total(amounts: Iterable[Usage]) -> Usage:
    return sum(amounts, NOTHING)


@dataclass(frozen=True, slots=True)
class Account:
    """What a voucher has used in all, and how much of it the router's own counters leave out."""

    used: Usage
    before: Usage

    def settle(
        self, *, open_before: Usage, closed: Usage, open_now: Usage, row: Usage | None
    ) -> "Account":
        """Return the account after a look at the router.

        `open_before` are the sessions that were open at the last look, as it saw them; `closed`
        those of them that have ended since. `open_now` are the sessions open now, and `row` are
        the counters of the user, None if the router has no such user.
        """
        grown = self.grow(open_before=open_before, closed=closed, open_now=open_now).used
        if row is None:
            return Account(grown, grown - open_now)  # a new user will begin at nothing
        ended_before = self.used - self.before - open_before
        if (row + _SLACK).covers(ended_before + closed):
            used = self.before + row + open_now
            return Account(used.at_least(self.used), self.before)
        # Either the router lost a session that we saw, with its power perhaps, or its counters
        # began anew, who knows when.
        unseen = NOTHING if (row + _SLACK).covers(ended_before) else row - closed
        return Account(grown + unseen, grown + unseen - row - open_now)

    def grow(self, *, open_before: Usage, closed: Usage, open_now: Usage) -> "Account":
        """Return the account after a look at the sessions alone."""
        return Account(self.used + (open_now - (open_before - closed)), self.before)
