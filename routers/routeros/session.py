from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import Refused, Unavailable, Unreachable
from routers.routeros.stream import Stream
from routers.routeros.translate import translated


class Session(Protocol):
    """One logged-in connection, for one caller at a time."""

    def run(self, command: Command, deadline: Deadline) -> Reply:
        """Send `command` now and return the whole answer.

        Raises `Refused` when the router says no, `Unavailable` when no answer can be had.
        """

    def run_many(self, commands: Sequence[Command], deadline: Deadline) -> list[Reply | Refused]:
        """Run commands that do not depend on each other; return one outcome each, in order.

        The API keeps many under way at once, and the router may carry them out in any order.
        One command's refusal does not hold back the others. Raises `Unavailable` when the
        connection is lost: what had been carried out by then is not known.
        """

    def close(self) -> None: ...


class Connection(ABC):
    """What every transport's session shares: one broken exchange, and it is never used again."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.is_intact = True
        self.failure: Unavailable | None = None

    @abstractmethod
    def log_in(self, endpoint: Endpoint, deadline: Deadline) -> None:
        """Make sure that a RouterOS is there and lets us in, before any other word."""

    @abstractmethod
    def run_many(self, commands: Sequence[Command], deadline: Deadline) -> list[Reply | Refused]:
        """See `Session.run_many`."""

    def run(self, command: Command, deadline: Deadline) -> Reply:
        (outcome,) = self.run_many([command], deadline)
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def is_ready(self) -> bool:
        """Whether the next call may use this connection, as far as can be told without asking."""
        return self.is_intact and self._stream.is_quiet()

    def close(self) -> None:
        self.is_intact = False
        self._stream.close()

    @contextmanager
    def _exchange(self, deadline: Deadline) -> Iterator[None]:
        """Ask and hear the whole answer within the block, or have the connection closed.

        After anything less than a whole answer the rest may still come, and would be taken for
        the answer to the next question.
        """
        if not self.is_intact:
            raise Unreachable("This connection is closed.")
        self.is_intact = False
        self._stream.begin(deadline)
        try:
            with translated():
                yield
        except Unavailable as error:
            error.sent = self._stream.has_sent
            self.failure = error
            self.close()
            raise
        self.is_intact = True
