"""Which rows have to be put in front of which, in menus where the first that matches decides."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routers.reconcile.compare import Comparison, Match, is_routers_own
from routers.reconcile.rows import Row


@dataclass(frozen=True)
class Placement:
    """A row of ours to be added or moved before the row with an id, or to the end."""

    key: str
    before: str | None


def placements(
    comparison: Comparison, matches: Sequence[Match], removed: set[str | None]
) -> Iterator[Placement]:
    """Return how rows that are `first` come to stand before all others, in their own order.

    They have to be carried out one after the other: several may go before the same row.
    """
    menu = comparison.menu
    standing = [
        row for row in comparison.actual if row[".id"] not in removed and not is_routers_own(row)
    ]
    chains: dict[str, list[Match]] = {}
    for match in matches:
        if match.desired.first:
            wanted = match.desired.attributes.get(menu.chain) or _chain(match.row, menu.chain)
            chains.setdefault(str(wanted), []).append(match)
    for chain, first in chains.items():
        rows = [row for row in standing if _chain(row, menu.chain) == chain]
        yield from _in_chain(first, rows)


def _chain(row: Row | None, field: str) -> str:
    return row.get(field, "") if row is not None and field else ""


def _in_chain(wanted: Sequence[Match], rows: Sequence[Row]) -> Iterator[Placement]:
    rank = {match.id: number for number, match in enumerate(wanted) if match.id}
    others = [at for at, row in enumerate(rows) if row[".id"] not in rank]
    front = rows[: others[0]] if others else rows
    staying = _longest_rising([rank[row[".id"]] for row in front])
    before = rows[others[0]][".id"] if others else None
    behind: list[Placement] = []
    for number in reversed(range(len(wanted))):
        match = wanted[number]
        if number in staying:
            before = match.id
        else:
            behind.append(Placement(match.desired.key, before))
    yield from reversed(behind)


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return a longest subsequence that rises: what can stay while the others are moved."""
    ends: list[int] = []  # the lowest number that a subsequence of each length ends in
    previous: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        previous[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    chosen: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        chosen.add(last)
        last = previous[last]
    return chosen
