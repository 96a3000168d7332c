"""One change to a router's rows, and the plan that is made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from routers.masking import MASK
from routers.reconcile.menus import MENUS, Menu
from routers.reconcile.rows import Desired, Row
from routers.routeros import Command

Differences = Mapping[str, tuple[str | None, str | None]]  # as it is, as it should be

_LONGEST_SHOWN = 60


class Action(StrEnum):
    ADD = "add"
    SET = "set"
    MOVE = "move"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One command to come, and why.

    `attributes` are what to write, as the wire spells it; None unsets. `before` is what the router
    showed: of a `set` the same fields (a secret that it keeps to itself is a `MASK`), of a `remove`
    the fields that could be written again. A row that is added or moved goes before the row with
    the id `place_before`, or last; `stood_before` is the row that came after it until now.
    """

    action: Action
    menu: str
    key: str
    id: str | None = None  # the row's on the router; None before it is added
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    before: Mapping[str, str | None] = field(default_factory=dict)
    reason: str = ""
    place_before: str | None = None
    stood_before: str | None = None

    def __repr__(self) -> str:
        # Values may be passwords, and what has a repr ends up in a log.
        return f"<Change {self.action} {self.menu} {self.key}: {self.reason}>"

    @property
    def table(self) -> Menu:
        return MENUS[self.menu]

    @property
    def is_risky(self) -> bool:
        """Whether this change may cut the connection that it comes over."""
        return self.table.cuts

    def secrets(self) -> dict[str, str]:
        """Return the secret fields that this change writes, in clear, for their digests."""
        fields = self.table.fields
        return {n: value or "" for n, value in self.attributes.items() if fields[n].secret}

    def shown(self) -> dict[str, Any]:
        """Return the change for people, as JSON: what each field is and will be, secrets masked."""
        names = sorted({*self.attributes, *self.before})
        return {
            "action": str(self.action),
            "menu": self.menu,
            "key": self.key,
            "id": self.id,
            "attributes": {name: dict(self._from_and_to(name)) for name in names},
            "reason": self.reason,
        }

    def _from_and_to(self, name: str) -> Iterator[tuple[str, str | None]]:
        is_secret = self.table.fields[name].secret
        for end, values in (("from", self.before), ("to", self.attributes)):
            value = values.get(name)
            yield end, MASK if is_secret and value is not None else value


@dataclass(frozen=True, slots=True)
class Problem:
    """A desired row that cannot be had, and that no change is planned for."""

    menu: str
    key: str
    code: str  # name_taken | menu_missing
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to change, in phases to be carried out one after the other.

    The changes of one phase do not depend on each other, and may be sent all at once.
    """

    phases: tuple[tuple[Change, ...], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for phase in self.phases for change in phase)

    @property
    def is_clean(self) -> bool:
        return not self.phases and not self.problems

    def summary(self) -> dict[str, int]:
        """Count the changes by action; every action is named."""
        counts = {str(action): 0 for action in Action}
        for change in self.changes:
            counts[change.action] += 1
        return counts


def command_of(change: Change) -> Command:
    """Return the command that carries `change` out."""
    return Command(change.menu, change.action, dict(_words(change)))


def _words(change: Change) -> Iterator[tuple[str, str]]:
    if change.action == Action.MOVE:
        yield "numbers", change.id or ""
        if change.place_before:
            yield "destination", change.place_before
        return
    if change.id:
        yield ".id", change.id
    if change.action == Action.REMOVE:
        return
    if change.action == Action.ADD:
        yield change.table.marked_by, change.key
        if change.place_before:
            yield "place-before", change.place_before
    for name, value in change.attributes.items():
        yield (name, value) if value is not None else (f"!{name}", "")


# One change of each sort ---------------------------------------------------------------------

COPY = "a copy of another row of ours"
UNWANTED = "no longer wanted"
MAKES_ROOM = "is added anew, to give up its name to another row of ours"


def addition(menu: Menu, desired: Desired) -> Change:
    fields = menu.fields
    written = {n: fields[n].wire(value) for n, value in desired.attributes.items()}
    # What a new row has anyway goes unsaid: not every version knows every field.
    attributes = {n: wire for n, wire in written.items() if not fields[n].same(wire, None)}
    return Change(Action.ADD, menu.path, desired.key, attributes=attributes, reason="missing")


def alteration(menu: Menu, key: str, row: Row, differences: Differences) -> Change:
    """Return what sets the fields that differ, each given as it is and as it should be."""
    before = {name: shown for name, (shown, _) in differences.items()}
    after = {name: wanted for name, (_, wanted) in differences.items()}
    reason = "; ".join(_reason(menu, name, *values) for name, values in differences.items())
    return Change(Action.SET, menu.path, key, row[".id"], after, before, reason)


def removal(menu: Menu, row: Row, reason: str, stood_before: str | None) -> Change:
    before = {name: row[name] for name in menu.fields if row.get(name)}
    key = row[menu.marked_by]
    return Change(
        Action.REMOVE, menu.path, key, row[".id"], {}, before, reason, stood_before=stood_before
    )


def move(menu: Menu, key: str, row: Row, before: str | None, stood_before: str | None) -> Change:
    reason = "does not stand where it has to: first, and in our order"
    return Change(Action.MOVE, menu.path, key, row[".id"], {}, {}, reason, before, stood_before)


def _reason(menu: Menu, name: str, shown: str | None, wanted: str | None) -> str:
    if menu.fields[name].secret or menu.fields[name].private:
        return f"{name} is not what it should be"
    return f"{name} is {_named(shown)}, should be {_named(wanted)}"


def _named(value: str | None) -> str:
    if not value:
        return "unset"
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
