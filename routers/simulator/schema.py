"""What a menu is: its fields, how each takes its value, and what the menu refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from routers.simulator import values
from routers.simulator.errors import ambiguous, invalid_value, no_match, out_of_range

if TYPE_CHECKING:
    from routers.simulator.router import Router

Row = dict[str, str]


class Reader(Protocol):
    """Turns what a client wrote into what the router shows, or refuses it."""

    def __call__(self, router: Router, argument: str, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    read: Reader
    default: str | None = None
    required: bool = False
    read_only: bool = False
    secret: bool = False  # shown only to users with the `sensitive` policy
    hidden: bool = False  # taken, never shown
    optional: bool = True  # an empty value unsets the field
    points_at: str = ""  # the menu whose rows it names
    since: tuple[int, ...] = ()
    until: tuple[int, ...] = (99,)  # the first version without the field

    def exists_in(self, version: tuple[int, ...]) -> bool:
        return self.since <= version < self.until


class Behaviour:
    """What a menu does beyond keeping rows; menus with more to do override a hook."""

    def added(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        """Complete or refuse a row that a client adds."""

    def changed(self, router: Router, row: Row, given: Mapping[str, str]) -> None:
        """Complete or refuse a changed row; `given` holds what the client wrote, normalised."""

    def removed(self, router: Router, id_: str, row: Row) -> None:
        """React to a client's removal of a row, or refuse it."""

    def kept(self, router: Router, id_: str, row: Row | None) -> None:
        """React to any change of a row, whoever made it; None means that it is gone."""

    def view(self, router: Router, id_: str, row: Row) -> Mapping[str, str]:
        """Return the fields that are worked out when the row is shown."""
        return {}


@dataclass(frozen=True, slots=True)
class Unique:
    fields: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Menu:
    path: str
    fields: tuple[Field, ...]
    verbs: frozenset[str]
    singleton: bool = False
    unique: Unique | None = None
    in_use: str = ""  # how it refuses to remove a row that others name; empty: it does not mind
    rows: Callable[[Router], Iterable[Mapping[str, str]]] = lambda router: ()
    first_id: int = 1
    ids_of: str = ""  # the menu that this one takes its ids from
    write_policy: str = "write"
    behaviour: Behaviour = field(default_factory=Behaviour)
    exists: Callable[[Router], bool] = lambda router: True

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {entry.name: entry for entry in self.fields}


# Sets of verbs -------------------------------------------------------------------------------

READ = frozenset({"print", "getall", "get", "find", "listen"})
EDIT = READ | {"add", "set", "remove", "reset"}
TOGGLE = EDIT | {"enable", "disable", "comment"}
ORDERED = TOGGLE | {"move", "unset"}
SINGLE = frozenset({"print", "getall", "get", "set", "reset", "listen"})


# Readers -------------------------------------------------------------------------------------


def _text(router: Router, argument: str, text: str) -> str:
    return text


def _flag(router: Router, argument: str, text: str) -> str:
    truth = values.parse_boolean(text)
    if truth is None:
        raise no_match(argument)
    return "true" if truth else "false"


def _yes_no(router: Router, argument: str, text: str) -> str:
    return "yes" if _flag(router, argument, text) == "true" else "no"


def _parsed(parse: Callable[[str], str | None]) -> Reader:
    def read(router: Router, argument: str, text: str) -> str:
        parsed = parse(text)
        if parsed is None:
            raise invalid_value(argument)
        return parsed

    return read


def _size(text: str) -> str | None:
    size = values.parse_size(text, 1024)
    return None if size is None else str(size)


def _rate_pair(text: str) -> str | None:
    """Give the bits per second of `512k/1M`, as queues show them over the API."""
    parts = [values.parse_size(part, 1000) for part in text.split("/")]
    if len(parts) > 2 or None in parts:
        return None
    return "/".join(str(part) for part in (parts * 2)[:2])


def _words_first(words: tuple[str, ...], read: Reader) -> Reader:
    if not words:
        return read
    return lambda router, argument, text: text if text in words else read(router, argument, text)


def _choice(words: tuple[str, ...]) -> Reader:
    def read(router: Router, argument: str, text: str) -> str:
        if text not in words:
            raise no_match(argument)
        return text

    return read


def _choices(words: tuple[str, ...]) -> Reader:
    def read(router: Router, argument: str, text: str) -> str:
        # Any order comes in, the menu's own order goes out, as routers show sets.
        asked = [word for word in text.split(",") if word]
        if unknown := [word for word in asked if word.removeprefix("!") not in words]:
            raise no_match(unknown[0] if argument == "policy" else argument)
        return ",".join(word for word in words if word in asked)

    return read


def _number(low: int, high: int) -> Reader:
    def read(router: Router, argument: str, text: str) -> str:
        try:
            number = int(text, 0)
        except ValueError:
            raise invalid_value(argument) from None
        if not low <= number <= high:
            raise out_of_range(low, high)
        return str(number)

    return read


def _duration(router: Router, argument: str, text: str) -> str:
    seconds = values.parse_duration(text)
    if seconds is None:
        raise invalid_value(argument)
    return values.format_duration(seconds)


def _reference(menu: str) -> Reader:
    def read(router: Router, argument: str, text: str) -> str:
        if not text:
            raise ambiguous(argument)
        name = router.table(menu).name_of(text)
        if name is None:
            raise no_match(argument)
        return name

    return read


# Fields --------------------------------------------------------------------------------------


def text(name: str, default: str | None = None, *, required: bool = False) -> Field:
    return Field(name, _text, default, required=required)


def secret(name: str, default: str | None = None) -> Field:
    return Field(name, _text, default, secret=True)


def flag(name: str, default: str | None = "false") -> Field:
    return Field(name, _flag, default, optional=False)


def yes_no(name: str, default: str | None = "no") -> Field:
    return Field(name, _yes_no, default, optional=False)


def choice(name: str, *words: str, default: str | None = None, required: bool = False) -> Field:
    return Field(name, _choice(words), default, required=required, optional=default is None)


def choices(name: str, *words: str, default: str | None = None) -> Field:
    return Field(name, _choices(words), default)


def number(
    name: str, low: int, high: int, default: str | None = None, *words: str, required: bool = False
) -> Field:
    read = _words_first(words, _number(low, high))
    return Field(name, read, default, required=required, optional=default is None)


def duration(name: str, default: str | None = None, *words: str) -> Field:
    return Field(name, _words_first(words, _duration), default, optional=default is None)


def size(name: str, default: str | None = None) -> Field:
    return Field(name, _parsed(_size), default)


def rate_pair(name: str, default: str | None = None) -> Field:
    return Field(name, _parsed(_rate_pair), default)


def mac(name: str = "mac-address", default: str | None = None) -> Field:
    return Field(name, _parsed(values.parse_mac), default)


def address(name: str, default: str | None = None, *, required: bool = False) -> Field:
    return Field(name, _parsed(values.parse_address), default, required=required)


def networks(name: str, default: str | None = None) -> Field:
    """Return a field for a comma list of prefixes, shown with their length and no host bits."""
    return Field(name, _parsed(values.parse_networks), default)


def network(name: str, default: str | None = None, *, required: bool = False) -> Field:
    return Field(name, _parsed(values.parse_network), default, required=required)


def key(name: str, *words: str, secret: bool = False, default: str | None = None) -> Field:
    """Return a field for 32 bytes of a WireGuard key."""
    read = _words_first(words, _parsed(lambda text: text if values.parse_key(text) else None))
    return Field(name, read, default, secret=secret)


def reference(
    name: str, menu: str, *words: str, default: str | None = None, required: bool = False
) -> Field:
    read = _words_first(words, _reference(menu))
    return Field(name, read, default, required=required, optional=False, points_at=menu)


def shown(*names: str) -> tuple[Field, ...]:
    """Return fields that only the router sets, absent until it does."""
    return tuple(Field(name, _text, read_only=True) for name in names)


def state(name: str, default: str) -> Field:
    """Return a field that only the router sets, and that every row has."""
    return Field(name, _text, default, read_only=True)


def between(entry: Field, since: str = "0", until: str = "99") -> Field:
    """Limit a field to the versions from `since` up to, and without, `until`."""
    return replace(entry, since=values.parse_version(since), until=values.parse_version(until))
