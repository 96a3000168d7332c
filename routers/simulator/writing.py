"""`add`, `set`, `remove` and their kin."""

from __future__ import annotations

from collections.abc import Mapping

from routers.simulator.commands import Call, Reply, generic
from routers.simulator.errors import no_such_item
from routers.simulator.tables import Table


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
    fields = table.menu.by_name
    names = [name] if name else [n for n in fields if table.takes(n) and not fields[n].required]
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
