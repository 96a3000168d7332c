"""The providers' time, and all that is still to happen in it."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

_PATIENCE = 60.0  # real seconds that `settle` waits for what is under way


class Clock:
    """Stands still until it is advanced, or, if `running`, goes as ours does and can be pushed.

    What is due is done by a thread of its own, one thing after another.
    """

    def __init__(self, *, running: bool = False, scale: float = 1.0) -> None:
        self._running = running
        self._scale = scale  # of every wait
        self._changed = threading.Condition()  # over a lock that its owner may take again
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._busy = 0
        self._stopped = False
        self._start()
        self._thread = threading.Thread(target=self._run, name="providers' clock", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Return the seconds since 1970, in whole milliseconds: dates in texts say no more."""
        since = time.monotonic() - self._started if self._running else 0.0
        return round(self._born + since + self._pushed, 3)

    def moment(self, seconds: float | None = None) -> datetime:
        return datetime.fromtimestamp(self.now() if seconds is None else seconds, UTC)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have `act` done so much later. It must be quick; see `hold_on` for what is not."""
        with self._changed:
            due = self.now() + seconds * self._scale
            heapq.heappush(self._plans, (due, next(self._order), act))
            self._changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Let so much time go by, and return when all that came due in it has been done."""
        self.settle()
        target = self.now() + seconds
        while (now := self.now()) < target:
            with self._changed:
                due = self._plans[0][0] if self._plans else target
                self._pushed += max(0.0, min(due, target) - now)
                self._changed.notify_all()
            self.settle()

    def until_next(self) -> float | None:
        """Return the seconds until the next thing that is planned, None if nothing is."""
        with self._changed:
            return max(0.0, self._plans[0][0] - self.now()) if self._plans else None

    def settle(self, patience: float = _PATIENCE) -> None:
        """Wait until nothing that is due is left undone. Raises `TimeoutError`."""
        with self._changed:
            if not self._changed.wait_for(self._is_idle, patience):
                raise TimeoutError("the providers are still at work")

    def hold_on(self) -> None:
        """Count something that is under way elsewhere, until `let_go`."""
        with self._changed:
            self._busy += 1

    def let_go(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def restart(self) -> None:
        """Forget all plans, and begin again at the time that it really is."""
        with self._changed:
            self._plans.clear()
            self._start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def _start(self) -> None:
        self._born = time.time()
        self._started = time.monotonic()
        self._pushed = 0.0

    def _is_idle(self) -> bool:
        return not self._busy and not self._is_due()

    def _is_due(self) -> bool:
        return bool(self._plans) and self._plans[0][0] <= self.now()

    def _run(self) -> None:
        while act := self._next():
            try:
                act()
            finally:
                self.let_go()

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next thing to do, None when stopped; whoever gets one lets go after it."""
        with self._changed:
            while not self._stopped:
                if self._is_due():
                    self._busy += 1
                    return heapq.heappop(self._plans)[2]
                self._changed.wait(self._until_next())
            return None

    def _until_next(self) -> float | None:
        return self.until_next() if self._running else None
