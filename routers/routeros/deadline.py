import time
from collections.abc import Callable


def _now() -> float:
    """Return seconds on a clock that goes on while the machine sleeps, where there is one.

    Whoever has slept past a deadline must not act as if it were still before it.
    """
    if _BOOT_TIME is None:
        return time.monotonic()
    return time.clock_gettime(_BOOT_TIME)


_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class Deadline:
    """The moment by which a whole call must be over, however many waits it is made of."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = _now) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def __repr__(self) -> str:
        return f"<Deadline in {self.remaining():.3f} s>"

    def remaining(self) -> float:
        """Return the seconds left, never less than zero."""
        return max(0.0, self._at - self._clock())

    @property
    def expired(self) -> bool:
        return self._clock() >= self._at

    def within(self, seconds: float) -> "Deadline":
        """Return a deadline `seconds` from now, or this one's own moment if that is sooner."""
        return Deadline(min(seconds, self.remaining()), clock=self._clock)
