"""How a simulated router says no: the texts a client sees, word for word."""

from __future__ import annotations

from collections.abc import Sequence

# Trap categories of the manual: 0 missing item or command, 1 argument value, 2 interrupted.
MISSING = 0
VALUE = 1
INTERRUPTED = 2


class Refused(Exception):
    """The router's answer is one or more `!trap` sentences."""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.traps: Sequence[tuple[str, int | None]] = ((message, category),)

    @property
    def message(self) -> str:
        return self.traps[0][0]


class NoSuchMenu(Refused):
    """An unknown menu is answered by two traps (a trace in librouteros' own documentation)."""

    def __init__(self, word: str) -> None:
        super().__init__(f"no such command or directory ({word})", MISSING)
        self.traps = (*self.traps, ("no such command prefix", None))


class NotEnoughPermissions(Refused):
    def __init__(self) -> None:
        super().__init__("not enough permissions (9)")


def no_such_command() -> Refused:
    return Refused("no such command", MISSING)


def no_such_item(reference: str) -> Refused:
    # Both spellings are reported. A word that is no id fails while the argument is read, with
    # a category; a well-formed id fails later, with the number of the error.
    if reference.startswith("*"):
        return Refused("no such item (4)")
    return Refused("no such item", MISSING)


def missing_argument(names: str) -> Refused:
    return Refused(f"missing value(s) of argument(s) {names}", MISSING)


def no_match(argument: str) -> Refused:
    return Refused(f"input does not match any value of {argument}", VALUE)


def ambiguous(argument: str) -> Refused:
    return Refused(
        f"ambiguous value of {argument}, more than one possible value matches input", VALUE
    )


def invalid_value(argument: str) -> Refused:
    # The two spellings of real routers: `invalid value of mac-address`, and this for the rest.
    if argument == "mac-address":
        return Refused("invalid value of mac-address", VALUE)
    return Refused(f"invalid value for argument {argument}", VALUE)


def out_of_range(low: int, high: int) -> Refused:
    return Refused(f"value out of range ({low}..{high})", VALUE)
