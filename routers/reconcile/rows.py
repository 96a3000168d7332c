"""What an app wants to stand on a router, and the mark by which we know it again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

Value = str | int | bool | timedelta | None
Row = Mapping[str, str]  # as the router prints it

_MARK = re.compile(r"cp:[a-z0-9-]+:[^\s\"\\$?\[\]]+")
_LONGEST_MARK = 100


@dataclass(frozen=True, slots=True)
class Desired:
    """One row as it should be; fields that `attributes` does not name are left as they are.

    `key` is the row's mark: its comment, or its name in a menu without comments. A value of None
    is an unset field. Rows that are `first` stand before the rows of others, in the order in which
    they were given (in a firewall: in their chain); of other rows the order is not kept.
    """

    menu: str
    key: str
    attributes: Mapping[str, Value]
    first: bool = False


def mark(kind: str, id: object) -> str:
    """Return the mark of the row that stands for the `id`-th thing of a `kind`."""
    text = f"cp:{kind}:{id}"
    if not is_mark(text):
        raise ValueError(f"{text!r} is no mark: cp:<kind>:<id>, without spaces and quotes.")
    return text


def is_mark(text: str) -> bool:
    """Say whether a comment or a name makes a row ours."""
    return text.startswith("cp:") and len(text) <= _LONGEST_MARK and bool(_MARK.fullmatch(text))


def is_revert(text: str) -> bool:
    """Say whether a mark is a dead-man switch's, which no plan touches."""
    return text.startswith("cp:revert:")


def is_in_hand(text: str) -> bool:
    """Say whether a mark is of a row that somebody else puts there and takes away.

    Besides switches these are the rows by which a router changes its WireGuard key.
    """
    return is_revert(text) or text.startswith("cp:rekey:")
