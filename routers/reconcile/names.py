"""Who holds which name: a router takes no second row with the same unique fields."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from routers.reconcile.compare import Comparison, Match
from routers.reconcile.rows import Row

Name = tuple[Hashable, ...]


@dataclass
class Names:
    """What the rows that want a new name have to wait for.

    `taken` are keys of rows that cannot have their name, each with the sentence that says why.
    `waits` maps a key to the id of the row that has to give up the name first. Rows in a circle
    each wait for the next: those in `replaced` break it, removed first and added anew.
    """

    taken: dict[str, str] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)


def settle(comparison: Comparison) -> Names:
    if not any(_takes_a_name(comparison, match) for match in comparison.matches):
        return Names()
    return _Settlement(comparison).names


def _takes_a_name(comparison: Comparison, match: Match) -> bool:
    unique = comparison.menu.unique
    return bool(unique) and (match.row is None or any(name in match.differences for name in unique))


class _Settlement:
    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._menu = comparison.menu
        self._by_id = {match.id: match for match in comparison.matches if match.id}
        self._targets = {match.desired.key: self._target(match) for match in comparison.matches}
        self._holders = {
            name: row for row in comparison.actual if (name := self._name(row.get)) is not None
        }
        self.names = Names()
        # A row that may not take its new name keeps its old one, which another may wait for.
        while taken := dict(self._newly_taken()):
            self.names.taken |= taken
        self.names.waits = dict(self._waiting())
        self.names.replaced = set(self._circles())

    def _name(self, value_of: Callable[[str], str | None]) -> Name | None:
        fields = self._menu.fields
        name = tuple(fields[part].meaning(value_of(part)) for part in self._menu.unique)
        return None if None in name else name

    def _target(self, match: Match) -> Name | None:
        wanted = match.desired.attributes
        row = match.row or {}

        def value_of(part: str) -> str | None:
            if part in wanted:
                return self._menu.fields[part].wire(wanted[part])
            return row.get(part)

        return self._name(value_of)

    def _moving(self) -> Iterator[tuple[Match, Name]]:
        """Return the rows that are to have another name than now, with that name."""
        for match in self._comparison.matches:
            name = self._targets[match.desired.key]
            if match.desired.key in self.names.taken or name is None:
                continue
            if match.row is None or self._name(match.row.get) != name:
                yield match, name

    def _newly_taken(self) -> Iterator[tuple[str, str]]:
        claimed: dict[Name, str] = {}
        moving = list(self._moving())
        leaving = {match.id for match, _ in moving}
        for match, name in moving:
            holder = self._holders.get(name)
            if holder is not None and not self._gives_up(holder, leaving):
                yield match.desired.key, self._sentence(name, self._comparison.key_of(holder))
            elif name in claimed:
                yield match.desired.key, self._sentence(name, claimed[name])
            else:
                claimed[name] = match.desired.key

    def _gives_up(self, holder: Row, leaving: set[str | None]) -> bool:
        """Whether the row that has a name now is ours, and will be renamed or removed."""
        if self._comparison.key_of(holder) is None:
            return False
        return holder[".id"] not in self._by_id or holder[".id"] in leaving

    def _sentence(self, name: Name, key: str | None) -> str:
        fields = self._menu.fields
        values = " and ".join(
            f"this {part}" if fields[part].private else f"{part} {value}"
            for part, value in zip(self._menu.unique, name, strict=True)
        )
        whose = f"{key}, a row of ours" if key else "a row that is not ours"
        return f"{values} is taken by {whose}."

    def _waiting(self) -> Iterator[tuple[str, str]]:
        for match, name in self._moving():
            if (holder := self._holders.get(name)) is not None:
                yield match.desired.key, holder[".id"]

    def _circles(self) -> Iterator[str]:
        """Return one key of each circle of rows that wait for one another."""
        seen: set[str] = set()
        for start in self.names.waits:
            path: list[str] = []
            key: str | None = start
            while key is not None and key not in seen:
                seen.add(key)
                path.append(key)
                waited_for = self._by_id.get(self.names.waits.get(key, ""))
                key = waited_for.desired.key if waited_for else None
            if key in path:
                yield key
