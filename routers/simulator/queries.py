"""Which rows a `print` gives: the query stack of the manual, in both spellings.

`?name=x` and `?=name=x` are both in use (RouterOS-api sends the one, librouteros the other).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence

from routers.simulator import values
from routers.simulator.errors import Refused

# Here `1h` is a word that someone chose, and not the same as `60m`.
FREE_TEXT = frozenset({"name", "comment", "user", "password", "list", "source", "message"})

Row = Mapping[str, str]
Test = Callable[[Row], bool]


def compile_query(words: Sequence[str]) -> Test:
    """Return the test that the query words describe; words come without the leading `?`."""
    steps = [_step(word) for word in words]

    def passes(row: Row) -> bool:
        stack: list[bool] = []
        for step in steps:
            step(row, stack)
        return all(stack)

    return passes


Step = Callable[[Row, list[bool]], None]


def _step(word: str) -> Step:
    if word.startswith("#"):
        return _operations(word[1:])
    test = _test(word)
    return lambda row, stack: stack.append(test(row))


def _test(word: str) -> Test:
    if word.startswith("-"):
        name = word[1:]
        return lambda row: name not in row
    if word.startswith(("<", ">")):
        name, _, value = word[1:].partition("=")
        sign, against = 1 if word[0] == ">" else -1, comparison(value)
        return lambda row: name in row and against(row[name]) == sign
    name, equals, value = word.removeprefix("=").partition("=")
    if not equals:
        return lambda row: name in row
    if name in FREE_TEXT:
        return lambda row: row.get(name, "") == value
    return lambda row: same(row.get(name, ""), value)


def _operations(text: str) -> Step:
    """Read `!`, `&`, `|`, `.` and indexes; the bottom of the stack is endlessly `true`."""
    marks = _marks(text)

    def operate(row: Row, stack: list[bool]) -> None:
        for position, mark in enumerate(marks):
            last = position == len(marks) - 1
            _operate(stack, mark, last=last)

    return operate


def _marks(text: str) -> list[str]:
    marks: list[str] = []
    for character in text:
        if character.isdigit() and marks and marks[-1].isdigit():
            marks[-1] += character
        elif character in "!&|.," or character.isdigit():
            marks.append(character)
        else:
            raise Refused("invalid query")
    return marks


def _operate(stack: list[bool], mark: str, *, last: bool) -> None:
    if mark.isdigit():
        index = int(mark)
        value = stack[-1 - index] if index < len(stack) else True
        if last:
            stack.clear()
        stack.append(value)
    elif mark == "!":
        stack.append(not _pop(stack))
    elif mark == ".":
        top = _pop(stack)
        stack += (top, top)
    elif mark in "&|":
        right, left = _pop(stack), _pop(stack)
        stack.append(left and right if mark == "&" else left or right)


def _pop(stack: list[bool]) -> bool:
    return stack.pop() if stack else True


def same(shown: str, asked: str) -> bool:
    """Compare as routers do: `no` finds `false`, `1h` finds `01:00:00`, `10` finds `10`."""
    if shown == asked:
        return True
    left = values.parse_boolean(shown)
    if left is not None:
        return left is values.parse_boolean(asked)
    if not shown or not asked:
        return False
    if any(separator in text for text in (shown, asked) for separator in "smhdw:"):
        seconds = values.parse_duration(shown)
        return seconds is not None and seconds == values.parse_duration(asked)
    return False


def comparison(asked: str) -> Callable[[str], int]:
    """Return what gives -1, 0 or 1 for a shown value: less than `asked`, equal, or more.

    Numbers, durations and addresses compare by size, the rest as text.
    """
    sized = [(read, right) for read in _SIZES if (right := read(asked)) is not None]

    def compare(shown: str) -> int:
        for read, right in sized:
            if (left := read(shown)) is not None:
                return (left > right) - (left < right)
        return (shown > asked) - (shown < asked)

    return compare


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _address(text: str) -> int | None:
    try:
        return int(ipaddress.ip_interface(text).ip)
    except ValueError:
        return None


_SIZES: tuple[Callable[[str], float | None], ...] = (_number, values.parse_duration, _address)
