"""In which order the changes of one menu are carried out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from routers.reconcile import names, positions
from routers.reconcile.changes import (
    COPY,
    MAKES_ROOM,
    UNWANTED,
    Action,
    Change,
    Problem,
    addition,
    alteration,
    move,
    removal,
)
from routers.reconcile.compare import Comparison
from routers.reconcile.rows import Row

Phase = tuple[Change, ...]
Edges = dict[int, set[int]]  # the number of a change, and of those that it has to wait for


class MenuPlan:
    """The changes of one menu: `building` what is wanted, and `clearing` away what is not.

    What stands in the way of a wanted row is removed while building. The rest is cleared when all
    menus are built, and nothing refers to it any more.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._menu = comparison.menu
        self._names = names.settle(comparison)
        self._matches = [m for m in comparison.matches if m.desired.key not in self._names.taken]
        self._removals = list(self._unwanted())

    @property
    def problems(self) -> Iterator[Problem]:
        for key, sentence in self._names.taken.items():
            yield Problem(self._menu.path, key, "name_taken", sentence)

    def building(self) -> list[Phase]:
        in_the_way = set(self._names.waits.values())
        removals = [change for change in self._removals if change.id in in_the_way]
        replaced = list(self._replaced())
        written, placed = self._written_and_placed({c.id for c in (*self._removals, *replaced)})
        changes = (*removals, *replaced, *written, *placed)
        edges = self._edges(changes, len(placed))
        return _phases(changes, self._with_parents(changes, edges)) or _phases(changes, edges)

    def clearing(self) -> list[Phase]:
        in_the_way = set(self._names.waits.values())
        removals = [change for change in self._removals if change.id not in in_the_way]
        edges = self._children_first(removals)
        return _phases(removals, edges) or _phases(removals, _at_once(removals))

    def _unwanted(self) -> Iterator[Change]:
        for match in self._comparison.matches:
            for row in match.copies:
                yield self._removal(row, COPY)
        for row in self._comparison.leftovers:
            yield self._removal(row, UNWANTED)

    def _removal(self, row: Row, reason: str) -> Change:
        return removal(self._menu, row, reason, self._comparison.next_to(row))

    def _replaced(self) -> Iterator[Change]:
        for match in self._matches:
            if match.desired.key in self._names.replaced and match.row is not None:
                yield self._removal(match.row, MAKES_ROOM)

    def _written_and_placed(self, removed: set[str | None]) -> tuple[list[Change], list[Change]]:
        """Return what may be done in any order, and what puts rows in their places one by one."""
        written = {change.key: change for change in self._written()}
        if not any(match.desired.first for match in self._matches):
            return list(written.values()), []
        rows = {match.desired.key: match.row for match in self._matches}
        placed = []
        for place in positions.placements(self._comparison, self._matches, removed):
            change, row = written.get(place.key), rows[place.key]
            if change is not None and change.action == Action.ADD:
                placed.append(replace(written.pop(place.key), place_before=place.before))
            elif row is not None:
                after = self._comparison.next_to(row)
                placed.append(move(self._menu, place.key, row, place.before, after))
        return list(written.values()), placed

    def _written(self) -> Iterator[Change]:
        for match in self._matches:
            if match.row is None or match.desired.key in self._names.replaced:
                yield addition(self._menu, match.desired)
            elif match.differences:
                yield alteration(self._menu, match.desired.key, match.row, match.differences)

    # What waits for what --------------------------------------------------------------------

    def _edges(self, changes: Sequence[Change], placed: int) -> Edges:
        """Return what waits for what; the last changes, as many as are `placed`, go in turn."""
        edges = _at_once(changes)
        touching = {c.id: number for number, c in enumerate(changes) if c.action in _TOUCHING}
        rows = {match.desired.key: match.id for match in self._matches}
        for number, change in enumerate(changes):
            if change.action in (Action.ADD, Action.SET):
                # A name is given up before it is taken.
                edges[number].add(touching.get(self._names.waits.get(change.key), number))
            if change.action == Action.ADD:
                # What breaks a circle is removed before it is added anew.
                edges[number].add(touching.get(rows[change.key], number))
            edges[number].discard(number)
        self._put_in_turn(changes, placed, edges)
        return edges

    def _put_in_turn(self, changes: Sequence[Change], placed: int, edges: Edges) -> None:
        turns = range(len(changes) - placed, len(changes))
        for earlier, later in pairwise(turns):
            edges[later].add(earlier)
        if any(changes[number].place_before is None for number in turns):
            # They go to the end, and what is added after them too.
            for number in range(turns.start):
                if changes[number].action == Action.ADD:
                    edges[number].add(turns.stop - 1)

    def _with_parents(self, changes: Sequence[Change], edges: Edges) -> Edges:
        """Let what refers to a row of its own menu wait until that is there."""
        makers = {
            name: n for n, c in enumerate(changes) if c.attributes and (name := self._name_of(c))
        }
        return {
            number: waits
            | ({makers.get(p, number) for p in self._parents(c.attributes)} - {number})
            for (number, waits), c in zip(edges.items(), changes, strict=True)
        }

    def _children_first(self, removals: Sequence[Change]) -> Edges:
        edges = _at_once(removals)
        numbers = {self._name_of(change): number for number, change in enumerate(removals)}
        for number, change in enumerate(removals):
            for parent in self._parents(change.before):
                if parent in numbers:
                    edges[numbers[parent]].add(number)
        return edges

    def _parents(self, attributes: Mapping[str, str | None]) -> Iterator[str]:
        for name, known in self._menu.fields.items():
            if known.points_at == self._menu.path and (parent := attributes.get(name)):
                yield parent

    def _name_of(self, change: Change) -> str | None:
        if self._menu.marked_by == "name":
            return change.key
        return change.attributes.get("name") or change.before.get("name")


_TOUCHING = (Action.SET, Action.REMOVE)


def _at_once(changes: Sequence[Change]) -> Edges:
    return {number: set() for number in range(len(changes))}


def _phases(changes: Sequence[Change], edges: Edges) -> list[Phase]:
    """Put together what can be done at once; nothing can if changes wait for each other.

    Rows that refer to each other while they swap names may do so. A second pass gets there.
    """
    sorter = TopologicalSorter(edges)
    try:
        sorter.prepare()
    except CycleError:
        return []
    phases = []
    while sorter.is_active():
        ready = sorter.get_ready()
        phases.append(tuple(changes[number] for number in sorted(ready)))
        sorter.done(*ready)
    return phases
