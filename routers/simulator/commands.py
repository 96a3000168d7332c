"""Commands: which one a path names, who may give it, and what the generic verbs do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routers.simulator import queries
from routers.simulator.errors import (
    MISSING,
    NoSuchMenu,
    NotEnoughPermissions,
    Refused,
    missing_argument,
    no_such_command,
    no_such_item,
)
from routers.simulator.menus import DIRECTORIES
from routers.simulator.schema import Row
from routers.simulator.tables import SINGLETON, Table

if TYPE_CHECKING:
    from routers.simulator.router import Router


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, from where, and what they may do."""

    username: str
    group: str
    policies: frozenset[str]
    address: str = "127.0.0.1"
    via: str = "api"

    def may(self, policy: str) -> bool:
        return policy in self.policies


@dataclass(slots=True)
class Reply:
    rows: Sequence[Row] = ()
    ret: str | None = None
    may_be_empty: bool = False  # answered by `!empty` when it has no rows
    then: Callable[[], None] | None = None  # done once the reply is out


Stream = AsyncIterator[Row]


@dataclass(slots=True)
class Call:
    """One command as it arrived, with what it needs to run."""

    router: Router
    session: Session
    menu: str
    verb: str
    args: dict[str, str]
    queries: Sequence[str] = field(default_factory=tuple)

    @property
    def table(self) -> Table:
        return self.router.table(self.menu)

    def take(self, name: str, default: str | None = None) -> str:
        """Take an argument out; without a default it is mandatory."""
        value = self.args.pop(name, default)
        if value is None:
            raise missing_argument(name)
        return value

    def has(self, name: str) -> bool:
        return self.args.pop(name, None) is not None

    def finish_arguments(self) -> None:
        """Refuse what is left: no verb has taken it."""
        for name in self.args:
            raise Refused(f"unknown parameter {name}", MISSING)

    def targets(self) -> list[str]:
        """Return the ids that `.id` or `numbers` name."""
        if self.table.menu.singleton:
            return [SINGLETON]
        references = self.args.pop(".id", None)
        if references is None:
            references = self.args.pop("numbers", None)
        if references is None:
            raise missing_argument("numbers")
        return self.table.find_all(references) if references else []


Handler = Callable[[Call], "Reply | Stream"]

_GENERIC: dict[str, tuple[str | None, Handler]] = {}
_SPECIAL: dict[str, tuple[str, Handler]] = {}


def generic(verb: str, policy: str | None) -> Callable[[Handler], Handler]:
    """Register what a verb does in every menu that has it; no policy means the menu's own."""

    def register(handler: Handler) -> Handler:
        _GENERIC[verb] = (policy, handler)
        return handler

    return register


def command(path: str, policy: str) -> Callable[[Handler], Handler]:
    """Register a command of its own, such as `/system/reboot`."""

    def register(handler: Handler) -> Handler:
        _SPECIAL[path] = (policy, handler)
        return handler

    return register


def run(
    call_path: str,
    router: Router,
    session: Session,
    args: dict[str, str],
    query: Sequence[str] = (),
) -> Reply | Stream:
    """Run the command at `call_path`, or raise `Refused`."""
    router.settle()
    menu, _, verb = call_path.rpartition("/")
    policy, handler = _look_up(call_path, router, menu, verb)
    if not session.may(policy):
        raise NotEnoughPermissions
    return handler(Call(router, session, menu, verb, args, query))


def _look_up(path: str, router: Router, menu: str, verb: str) -> tuple[str, Handler]:
    if path in _SPECIAL and (menu not in DIRECTORIES or not _is_absent(router, menu)):
        return _SPECIAL[path]
    if router.has_menu(menu):
        kind = router.table(menu).menu
        if verb in kind.verbs and verb in _GENERIC:
            policy, handler = _GENERIC[verb]
            return policy or kind.write_policy, handler
        raise no_such_command()
    _check_directory(router, menu)
    raise no_such_command()


def _is_absent(router: Router, menu: str) -> bool:
    from routers.simulator.menus import MENUS

    return menu in MENUS and not router.has_menu(menu)


def _check_directory(router: Router, menu: str) -> None:
    parts = menu.split("/")[1:]
    for depth in range(1, len(parts) + 1):
        path = "/" + "/".join(parts[:depth])
        if path not in DIRECTORIES or _is_absent(router, path):
            raise NoSuchMenu(parts[depth - 1])
    if not parts:
        raise no_such_command()


# Reading -------------------------------------------------------------------------------------

# Arguments that change how a terminal shows rows; over the API they change nothing.
_SHOW_ONLY = (
    "detail",
    "stats",
    "bytes",
    "packets",
    "rate",
    "terse",
    "brief",
    "value-list",
    "without-paging",
    "show-ids",
    "show-sensitive",
    "as-value",
    "from",
)


@generic("print", "read")
@generic("getall", "read")
def print_(call: Call) -> Reply | Stream:
    if call.table.menu.singleton and call.has("detail"):
        raise Refused("unknown parameter detail", MISSING)
    wanted = _proplist(call)
    count_only = call.has("count-only")
    follow, follow_only = call.has("follow"), call.has("follow-only")
    interval = call.args.pop("interval", None)
    chosen = call.args.pop(".id", None)
    for name in _SHOW_ONLY:
        call.args.pop(name, None)
    call.finish_arguments()
    if follow or follow_only or interval is not None:
        from routers.simulator import streams

        return streams.follow(call, wanted, interval, from_start=not follow_only)
    rows = matching(call, chosen)
    if count_only:
        return Reply(ret=str(sum(1 for _ in rows)))
    return Reply([trim(row, wanted) for row in rows], may_be_empty=True)


def matching(call: Call, chosen: str | None = None) -> Iterator[Row]:
    """Yield the rows that the query words let through, with all their fields."""
    passes = queries.compile_query(call.queries)
    table, sensitive = call.table, call.session.may("sensitive")
    ids = table.find_all(chosen) if chosen else list(table.rows)
    for id_ in ids:
        row = table.show(id_, sensitive=sensitive)
        if passes(row):
            yield row


def _proplist(call: Call) -> list[str] | None:
    text = call.args.pop(".proplist", None) or call.args.pop("proplist", None)
    return text.split(",") if text else None


def trim(row: Row, wanted: Sequence[str] | None) -> Row:
    if wanted is None:
        return row
    return {name: row[name] for name in wanted if name in row}


@generic("get", "read")
def get(call: Call) -> Reply:
    name = call.args.pop("value-name", None)
    (id_, *_) = call.targets() or [""]
    call.finish_arguments()
    row = call.table.show(id_, sensitive=call.session.may("sensitive"))
    if name is None:
        return Reply(ret=";".join(f"{key}={value}" for key, value in row.items()))
    if not call.table.knows(name) and name != ".id":
        raise Refused(f"unknown value name {name}", MISSING)
    return Reply(ret=row.get(name, ""))


@generic("find", "read")
def find(call: Call) -> Reply:
    return Reply(ret=";".join(row[".id"] for row in matching(call)))


@generic("listen", "read")
def listen(call: Call) -> Stream:
    from routers.simulator import streams

    return streams.follow(call, _proplist(call), None, from_start=False)


# Writing -------------------------------------------------------------------------------------


@generic("add", None)
def add(call: Call) -> Reply:
    copy_from = call.args.pop("copy-from", None)
    before = call.args.pop("place-before", None)
    table = call.table
    values = _copied(table, copy_from) | call.args if copy_from else call.args
    target = table.find(before) if before else None
    id_ = table.add(values)
    if target:
        table.move(id_, target)
    return Reply(ret=id_)


def _copied(table: Table, reference: str) -> dict[str, str]:
    row = table.rows[table.find(reference)]
    return {name: value for name, value in row.items() if table.takes(name)}


@generic("set", None)
def set_(call: Call) -> Reply:
    for id_ in call.targets():
        call.table.set(id_, call.args)
    return Reply()


@generic("remove", None)
def remove(call: Call) -> Reply:
    targets = call.targets()
    call.finish_arguments()
    for id_ in targets:
        if id_ in call.table.rows:  # one removal may take others along
            call.table.remove(id_)
    return Reply()


def _set_all(call: Call, changes: Mapping[str, str]) -> Reply:
    targets = call.targets()
    call.finish_arguments()
    for id_ in targets:
        call.table.set(id_, changes)
    return Reply()


@generic("enable", None)
def enable(call: Call) -> Reply:
    return _set_all(call, {"disabled": "no"})


@generic("disable", None)
def disable(call: Call) -> Reply:
    return _set_all(call, {"disabled": "yes"})


@generic("comment", None)
def comment(call: Call) -> Reply:
    return _set_all(call, {"comment": call.take("comment", "")})


@generic("unset", None)
def unset(call: Call) -> Reply:
    names = call.take("value-name").split(",")
    return _set_all(call, {f"!{name}": "" for name in names})


@generic("reset", None)
def reset(call: Call) -> Reply:
    name = call.args.pop("value-name", None)
    table = call.table
    names = [name] if name else [entry for entry in table.menu.by_name if table.takes(entry)]
    return _set_all(call, {f"!{entry}": "" for entry in names if entry != "name"})


@generic("move", None)
def move(call: Call) -> Reply:
    targets = call.targets()
    destination = call.args.pop("destination", None)
    call.finish_arguments()
    before = call.table.find(destination) if destination else None
    for id_ in targets:
        if id_ == before:
            raise no_such_item(id_)
        call.table.move(id_, before)
    return Reply()


@generic("reset-counters", None)
def reset_counters(call: Call) -> Reply:
    targets = call.targets()
    for id_ in targets:
        _zero(call.table, id_)
    return Reply()


@generic("reset-counters-all", None)
def reset_counters_all(call: Call) -> Reply:
    for id_ in list(call.table.rows):
        _zero(call.table, id_)
    return Reply()


def _zero(table: Table, id_: str) -> None:
    defaults = {
        entry.name: entry.default
        for entry in table.menu.fields
        if entry.read_only and entry.default in ("0", "0s", "0/0")
    }
    table.update(id_, {name: value for name, value in defaults.items() if value is not None})
