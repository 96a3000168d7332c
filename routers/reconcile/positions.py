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
    chain_of = _Chains(comparison, matches)
    standing: dict[str, list[Row]] = {}
    for row in comparison.actual:
        if row[".id"] not in removed and not is_routers_own(row):
            standing.setdefault(chain_of.row(row), []).append(row)
    chains: dict[str, list[Match]] = {}
    for match in matches:
        if match.desired.first:
            chains.setdefault(chain_of.match(match), []).append(match)
    for chain, first in chains.items():
        yield from _in_chain(first, standing.get(chain, []))


class _Chains:
    """Which chain each row will be in; of a menu without chains all rows are in one."""

    def __init__(self, comparison: Comparison, matches: Sequence[Match]) -> None:
        self._field = comparison.menu.chain
        self._matches = {match.id: match for match in matches if match.id}

    def match(self, match: Match) -> str:
        wanted = match.desired.attributes.get(self._field)
        return str(wanted) if wanted else (match.row or {}).get(self._field, "")

    def row(self, row: Row) -> str:
        match = self._matches.get(row[".id"])
        return self.match(match) if match else row.get(self._field, "")


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
