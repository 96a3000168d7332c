import random
from collections.abc import Callable

from routers.routeros.errors import AuthFailed, CircuitOpen, Unavailable


def _jitter() -> float:
    # Spreads out the routers that a network failure took away together.
    return random.uniform(0.8, 1.0)  # noqa: S311 (it guards nothing)


class Breaker:
    """Keeps callers from a router that keeps failing, so that each finds out at once.

    It opens at the third failure in a row, at the first if the router refuses the login: each
    further try would be a line in the router's log. Once its pause is over one call may go to the
    router; if that fails too, the next pause is twice as long. Not thread-safe: the caller that
    reports has the router to itself.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        threshold: int = 3,
        shortest_pause: float = 30.0,
        longest_pause: float = 900.0,
        jitter: Callable[[], float] = _jitter,
    ) -> None:
        self._clock = clock
        self._threshold = threshold
        self._shortest_pause = shortest_pause
        self._longest_pause = longest_pause
        self._jitter = jitter
        self.succeeded()

    def check(self, *, is_being_tried: bool = False) -> None:
        """Raise `CircuitOpen` unless a call may go to the router now.

        `is_being_tried` says that another call is under way: one is enough to find out.
        """
        if not self._is_open:
            return
        left = self._until - self._clock()
        if left > 0 or is_being_tried:
            raise CircuitOpen(reason=self._reason, retry_after=max(left, 1.0))

    def succeeded(self) -> None:
        self._failures = 0
        self._pauses = 0
        self._until = 0.0
        self._reason = Unavailable.reason

    def failed(self, error: Unavailable) -> None:
        self._failures += 1
        self._reason = error.reason
        if isinstance(error, AuthFailed):
            self._failures = max(self._failures, self._threshold)
        # A person may try during a pause; that it failed again is no news and lengthens nothing.
        if self._is_open and self._clock() >= self._until:
            pause = min(self._shortest_pause * 2**self._pauses, self._longest_pause)
            self._until = self._clock() + pause * self._jitter()
            self._pauses = min(self._pauses + 1, 16)

    @property
    def _is_open(self) -> bool:
        return self._failures >= self._threshold
