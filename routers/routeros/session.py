from collections.abc import Sequence
from typing import Protocol

from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.errors import Refused


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
