"""One menu's rows on one router."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from routers.simulator.errors import (
    MISSING,
    Refused,
    invalid_value,
    missing_argument,
    no_such_item,
)
from routers.simulator.reachability import DECIDING
from routers.simulator.schema import Field, Menu, Row

if TYPE_CHECKING:
    from routers.simulator.router import Router

# Called with a row's id, and the row as it is now shown or None once it is gone.
Watcher = Callable[[str, Row | None], None]

SINGLETON = ""


class Table:
    def __init__(self, menu: Menu, router: Router) -> None:
        self.menu = menu
        self.router = router
        self.rows: dict[str, Row] = {}
        self.watchers: set[Watcher] = set()
        self._fields = {
            name: entry
            for name, entry in menu.by_name.items()
            if entry.exists_in(router.version_number)
        }
        self._taken: dict[tuple[str | None, ...], str] = {}
        self._named: dict[str | None, set[str]] = {}
        # The rows whose time will be up, and when: seconds of the router's clock.
        self.expiring: dict[str, float] = {}
        self._next_id = menu.first_id
        self._decides = False
        self._pointing: dict[str, list[str]] = {}
        for name, entry in self._fields.items():
            if entry.points_at:
                self._pointing.setdefault(entry.points_at, []).append(name)

    def fill(self) -> None:
        """Put in the rows that every such router has."""
        for row in self.menu.rows(self.router):
            self.keep({k: v for k, v in row.items() if k != ".id"}, row.get(".id"))
        self._decides = self.menu.path in DECIDING

    # Looking --------------------------------------------------------------------------------

    def show(self, id_: str, *, sensitive: bool = True) -> Row:
        """Return the row as `print` gives it: in the menu's order, unset fields left out."""
        row = self.rows[id_]
        current = {**row, **self.menu.behaviour.view(self.router, id_, row)}
        shown = {".id": id_} if id_ != SINGLETON else {}
        for name, entry in self._fields.items():
            if name in current and not entry.hidden and (sensitive or not entry.secret):
                shown[name] = current[name]
        return shown

    def shown(self, *, sensitive: bool = True) -> Iterator[Row]:
        for id_ in list(self.rows):
            yield self.show(id_, sensitive=sensitive)

    def knows(self, name: str) -> bool:
        return name in self._fields

    def takes(self, name: str) -> bool:
        entry = self._fields.get(name)
        return entry is not None and not entry.read_only

    def find(self, reference: str) -> str:
        """Return the id that `reference`, an id or a name, stands for."""
        wanted = reference.upper() if reference.startswith("*") else reference
        if wanted in self.rows:
            return wanted
        named = self._named.get(reference, ())
        if len(named) > 1:  # the first in the order that is shown
            return next(id_ for id_ in self.rows if id_ in named)
        for id_ in named:
            return id_
        raise no_such_item(reference)

    def find_all(self, references: str) -> list[str]:
        return [self.find(reference) for reference in references.split(",")]

    def name_of(self, reference: str) -> str | None:
        """Return the name of the row that an argument points at by name or id."""
        try:
            return self.rows[self.find(reference)].get("name")
        except Refused:
            return None

    def where(self, **wanted: str) -> list[str]:
        """Return the ids of the rows that hold these values (`_` for `-` inside names)."""
        pairs = {name[0] + name[1:].replace("_", "-"): value for name, value in wanted.items()}
        return [
            id_
            for id_, row in self.rows.items()
            if all(row.get(name) == value for name, value in pairs.items())
        ]

    def pointers(self, target: str, name: str) -> Iterator[tuple[str, str]]:
        """Yield each row, by its id, and field that points at this name in menu `target`."""
        for field in self._pointing.get(target, ()):
            for id_, row in list(self.rows.items()):
                if row.get(field) == name:
                    yield id_, field

    def rename(self, target: str, old: str, new: str) -> None:
        """Follow a row of menu `target` that is called something else now."""
        for id_, field in self.pointers(target, old):
            self.update(id_, {field: new})

    # Writing, as a client may ---------------------------------------------------------------

    def add(self, given: Mapping[str, str]) -> str:
        values = self._read(given)
        self._require(values)
        row = {**self._defaults(), **values}
        self._refuse_duplicate(row, None)
        self.menu.behaviour.added(self.router, row, values)
        return self._insert(row)

    def set(self, id_: str, given: Mapping[str, str]) -> None:
        values = self._read(given)
        row = {**self.rows[id_], **values}
        for name in self._emptied(given):
            self._unset(row, name)
        self._refuse_duplicate(row, id_)
        self.menu.behaviour.changed(self.router, row, values)
        self._replace(id_, row)

    def remove(self, id_: str) -> None:
        in_use, name = self.menu.in_use, self.rows[id_].get("name", "")
        if in_use and self.router.is_named(self.menu.path, name):
            raise Refused(in_use)
        self.menu.behaviour.removed(self.router, id_, self.rows[id_])
        if id_ in self.rows:
            self.drop(id_)

    def move(self, id_: str, before: str | None) -> None:
        """Put a row before another, or last."""
        order = [other for other in self.rows if other != id_]
        order.insert(order.index(before) if before else len(order), id_)
        self.rows = {other: self.rows[other] for other in order}
        if self._decides:
            self.router.reconsider()

    # Writing, as the router itself ----------------------------------------------------------

    def keep(self, row: Mapping[str, str], id_: str | None = None) -> str:
        """Put in a row that is right as it is; defaults fill what it leaves out."""
        return self._insert({**self._defaults(), **row}, id_)

    def update(self, id_: str, changes: Mapping[str, str]) -> None:
        self._replace(id_, {**self.rows[id_], **changes})

    def drop(self, id_: str) -> None:
        self._leave_indexes(id_, self.rows.pop(id_))
        self.menu.behaviour.kept(self.router, id_, None)
        if self._decides:
            self.router.reconsider()
        for watcher in list(self.watchers):
            watcher(id_, None)

    def by_hand(self, given: Mapping[str, str]) -> str:
        """Add a row with fields that no client may set, such as a host's."""
        plain = {name: value for name, value in given.items() if self.takes(name)}
        special = {name: value for name, value in given.items() if name not in plain}
        self._require_known(special)
        row = {**self._defaults(), **self._read(plain), **special}
        self.menu.behaviour.added(self.router, row, plain)
        return self.keep(row)

    def edit_by_hand(self, id_: str, changes: Mapping[str, str]) -> None:
        plain = {name: value for name, value in changes.items() if self.takes(name.strip("!"))}
        special = {name: value for name, value in changes.items() if name not in plain}
        self._require_known(special)
        self.set(id_, plain)
        if special:
            self.update(id_, special)

    # ----------------------------------------------------------------------------------------

    def _require_known(self, names: Iterable[str]) -> None:
        for name in names:
            if not self.knows(name):
                raise Refused(f"unknown parameter {name}", MISSING)

    def new_id(self) -> str:
        """Return an id that no row of this menu has had."""
        if self.menu.ids_of:
            return self.router.table(self.menu.ids_of).new_id()
        self._next_id += 1
        return f"*{self._next_id - 1:X}"

    def _insert(self, row: Row, id_: str | None = None) -> str:
        if id_ is None:
            id_ = SINGLETON if self.menu.singleton else self.new_id()
        self.rows[id_] = row
        self._enter_indexes(id_, row)
        self._announce(id_)
        return id_

    def _replace(self, id_: str, row: Row) -> None:
        before = self.rows[id_]
        self._leave_indexes(id_, before)
        self.rows[id_] = row
        self._enter_indexes(id_, row)
        old, new = before.get("name"), row.get("name")
        if old and new and old != new:
            self.router.renamed(self.menu.path, old, new)
        self._announce(id_)

    def _enter_indexes(self, id_: str, row: Row) -> None:
        self._taken[self._key(row)] = id_
        if "name" in row:
            self._named.setdefault(row["name"], set()).add(id_)
        if "_expires" in row:
            self.expiring[id_] = float(row["_expires"])

    def _leave_indexes(self, id_: str, row: Row) -> None:
        self._taken.pop(self._key(row), None)
        if "name" in row:
            named = self._named[row["name"]]
            named.discard(id_)
            if not named:
                del self._named[row["name"]]
        self.expiring.pop(id_, None)

    def _announce(self, id_: str) -> None:
        self.menu.behaviour.kept(self.router, id_, self.rows[id_])
        if self._decides:
            self.router.reconsider()
        if self.watchers:
            row = self.show(id_)
            for watcher in list(self.watchers):
                watcher(id_, row)

    def _key(self, row: Row) -> tuple[str | None, ...]:
        unique = self.menu.unique
        return tuple(row.get(name) for name in unique.fields) if unique else ()

    def _refuse_duplicate(self, row: Row, id_: str | None) -> None:
        unique = self.menu.unique
        if unique and self._taken.get(self._key(row), id_) != id_:
            raise Refused(unique.message.format(**row))

    def _defaults(self) -> Row:
        return {
            name: entry.default for name, entry in self._fields.items() if entry.default is not None
        }

    def _require(self, values: Mapping[str, str]) -> None:
        for name, entry in self._fields.items():
            if entry.required and not values.get(name):
                raise missing_argument(name)

    def _read(self, given: Mapping[str, str]) -> Row:
        row = {}
        for name, value in given.items():
            entry = self._writable(name.removeprefix("!"))
            if name.startswith("!") or (not value and entry.optional):
                continue
            row[name] = entry.read(self.router, name, value)
        return row

    def _emptied(self, given: Mapping[str, str]) -> Iterator[str]:
        for name, value in given.items():
            if name.startswith("!") or (not value and self._fields[name].optional):
                yield name.removeprefix("!")

    def _unset(self, row: Row, name: str) -> None:
        default = self._fields[name].default
        if self._fields[name].required:
            raise invalid_value(name)
        if default is None:
            row.pop(name, None)
        else:
            row[name] = default

    def _writable(self, name: str) -> Field:
        if not self.takes(name):
            if self.router.version_number < (7,):
                raise Refused("unknown parameter", MISSING)
            raise Refused(f"unknown parameter {name}", MISSING)
        return self._fields[name]
