"""Keep a provider that is slow or away from taking all threads, and from being hammered."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition

from payments.gateways.errors import NotSent


@dataclass(eq=False)
class Visit:
    """One call; whoever makes it says that it went well, or it did not."""

    started: float
    went_well: bool = False


class Lane:
    """The way to one host: `places` calls at a time, and closed while the host keeps failing.

    A call waits up to `patience` seconds for a place, not at all while all who have one have been
    there for longer than that. After `threshold` failures in a row nobody gets through for a pause.
    Then one call may try; if it fails too, the next pause is twice as long.
    """

    def __init__(
        self,
        places: int = 8,
        *,
        patience: float = 0.5,
        threshold: int = 5,
        shortest_pause: float = 2.0,
        longest_pause: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._places = places
        self._patience = patience
        self._threshold = threshold
        self._shortest_pause = shortest_pause
        self._longest_pause = longest_pause
        self._clock = clock  # of calls, which are short
        self._wall_clock = wall_clock  # of pauses, which what is planned meanwhile sees pass
        self._changed = Condition()  # guards all below
        self._visits: set[Visit] = set()
        self._failures = 0
        self._pause = 0.0
        self._closed_until = 0.0
        self._probe: Visit | None = None

    @contextmanager
    def visit(self, seconds: float) -> Iterator[Visit]:
        """Call within the block, which waits no longer than `seconds` to begin. Raises `NotSent`."""
        visit = self._enter(seconds)
        try:
            yield visit
        finally:
            self._leave(visit)

    def _enter(self, seconds: float) -> Visit:
        with self._changed:
            self._check()
            self._wait_for_place(seconds)
            self._check()
            visit = Visit(self._clock())
            self._probe = visit if self._is_failing else None
            self._visits.add(visit)
            return visit

    @property
    def _is_failing(self) -> bool:
        return self._failures >= self._threshold

    def _check(self) -> None:
        left = self._left()
        if left or self._probe:
            raise NotSent("provider_unreachable", retry_after=max(left, 1.0))

    def _left(self) -> float:
        left = self._closed_until - self._wall_clock()
        return left if 0 < left <= self._pause else 0.0  # more than that: the clock was put back

    def _wait_for_place(self, seconds: float) -> None:
        until = self._clock() + min(self._patience, seconds)
        while len(self._visits) >= self._places:
            left = until - self._clock()
            if left <= 0 or all(map(self._is_slow, self._visits)):
                raise NotSent("provider_busy", retry_after=2.0)
            self._changed.wait(left)

    def _is_slow(self, visit: Visit) -> bool:
        return self._clock() - visit.started > self._patience

    def _leave(self, visit: Visit) -> None:
        with self._changed:
            self._visits.discard(visit)
            if visit.went_well:
                self._failures, self._pause, self._closed_until = 0, 0.0, 0.0
            else:
                self._failures += 1
                self._close()
            if self._probe is visit:
                self._probe = None
            self._changed.notify_all()

    def _close(self) -> None:
        # Calls that were under way when it closed are no news, and lengthen nothing.
        if self._is_failing and not self._left():
            self._pause = min(max(self._shortest_pause, 2 * self._pause), self._longest_pause)
            self._closed_until = self._wall_clock() + self._pause
