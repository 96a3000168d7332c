"""Runs a script on a router, with the rights of whoever runs it."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING

from routers.simulator import commands, queries, values
from routers.simulator.errors import Refused
from routers.simulator.schema import Behaviour, Row
from routers.simulator.scripting.names import Resolved, Resolver
from routers.simulator.scripting.parser import parse
from routers.simulator.scripting.syntax import (
    Block,
    Command,
    Node,
    Operation,
    Quoted,
    Substitution,
    Variable,
    Word,
)

if TYPE_CHECKING:
    from routers.simulator.commands import Session
    from routers.simulator.router import Router
    from routers.simulator.tables import Table

# No script worth running does more; a loop that has gone wrong does.
MAX_STEPS = 20_000
MAX_TEXT = 1_000_000

Value = str | tuple[str, ...] | Mapping[str, str]


class _Nothing(str):
    """What there is not, which is not the same as an empty text, though it reads like one."""


NIL = _Nothing()
Scope = ChainMap[str, Value]
# What runs may pause: each item is so many seconds to wait before it goes on.
Running = Generator[float, None, Value]


class TooMuch(Refused):
    """The script has gone on for too long; no `on-error` catches this."""


class Run:
    """One run of one script. Raises `BadScript` before anything is done, `Refused` later."""

    def __init__(self, router: Router, session: Session, source: str) -> None:
        self._router = router
        self._session = session
        self._steps = 0
        self.output: list[str] = []
        self._script = parse(source)
        self._names = Resolver(router, source)
        self._names.check(self._script)

    def go(self) -> Generator[float, None, None]:
        """Run, yielding the seconds of each `:delay`."""
        yield from self._block(self._script, ChainMap())

    # Commands -------------------------------------------------------------------------------

    def _block(self, block: Block, scope: Scope) -> Running:
        result: Value = ""
        for command in block.commands:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooMuch("interrupted")
            result = yield from self._command(command, scope)
        return result

    def _command(self, command: Command, scope: Scope) -> Running:
        resolved = self._names.of(command)
        if resolved.builtin:
            return (yield from _BUILTINS[resolved.verb](self, resolved, scope))
        if not resolved.verb:
            return ""  # it only says where the next commands are
        condition = command.condition
        if condition is not None:
            condition = yield from self._ready(condition, scope)
        if resolved.verb == "find":
            return self._find(resolved, condition)
        return self._order(resolved, (yield from self._arguments(resolved, scope)), condition)

    def _arguments(
        self, resolved: Resolved, scope: Scope
    ) -> Generator[float, None, dict[str, str]]:
        args = {}
        for name, value in resolved.named():
            if value is None:
                args[f"!{name}"] = ""
            else:
                args[name] = _text((yield from self._value(value, scope)), ",")
        return args

    def _order(self, resolved: Resolved, args: dict[str, str], condition: Node | None) -> Value:
        """Give a command as anybody would; what it prints is the script's output."""
        counts = condition is not None and args.pop("count-only", None) is not None
        as_value = args.pop("as-value", None) is not None
        reply = commands.run(resolved.path, self._router, self._session, args)
        if not isinstance(reply, commands.Reply):
            raise Refused(f"a script cannot wait for {resolved.path}")
        rows = [row for row in reply.rows if condition is None or _holds(condition, row)]
        if counts:
            return str(len(rows))
        if as_value:
            return dict(rows[0]) if rows else ""
        self.output += [" ".join(f"{name}={text}" for name, text in row.items()) for row in rows]
        self.output += reply.printed
        if reply.then is not None:
            reply.then()
        return reply.ret or ""

    def _find(self, resolved: Resolved, condition: Node | None) -> Value:
        reply = commands.run(resolved.path, self._router, self._session, {})
        assert isinstance(reply, commands.Reply)
        ids = tuple(filter(None, (reply.ret or "").split(";")))
        if condition is None:
            return ids
        table, sensitive = self._router.table(resolved.menu), self._session.may("sensitive")
        return tuple(
            id_ for id_ in ids if _holds(condition, _seen(table, id_, sensitive=sensitive))
        )

    # Values ---------------------------------------------------------------------------------

    def _value(self, node: Node, scope: Scope) -> Running:
        match node:
            case Word(text):
                return text
            case Variable(name):
                return self._variable(name, scope)
            case Block(_, source):
                return source
            case Substitution(block):
                return (yield from self._block(block, scope))
            case Quoted(parts):
                return (yield from self._joined(parts, scope))
            case Operation(".", operands):
                return (yield from self._joined(operands, scope))
            case Operation("+", operands):
                return (yield from self._added(operands, scope))
            case Operation("->", (array, name)):
                return (yield from self._element(array, name, scope))
            case Operation("field", (Word(text),)):
                return text
            case Operation():
                return "true" if _holds((yield from self._ready(node, scope))) else "false"

    def _joined(self, parts: tuple[Node, ...], scope: Scope) -> Running:
        text = ""
        for part in parts:
            text += _text((yield from self._value(part, scope)), ";")
            if len(text) > MAX_TEXT:
                raise TooMuch("out of memory")
        return text

    def _added(self, operands: tuple[Node, ...], scope: Scope) -> Running:
        total = 0
        for operand in operands:
            total += _number(_text((yield from self._value(operand, scope)), ";"))
        return str(total)

    def _element(self, array: Node, name: Node, scope: Scope) -> Running:
        """Return what an array has under a name; nothing if it has not."""
        found = yield from self._value(array, scope)
        wanted = _text((yield from self._value(name, scope)), ";")
        return found.get(wanted, "") if isinstance(found, Mapping) else ""

    def _variable(self, name: str, scope: Scope) -> Value:
        if name in scope:
            return scope[name]
        return next((row["value"] for _, row in self._globals(name)), "")

    def _globals(self, name: str) -> Iterator[tuple[str, Row]]:
        table = self._router.table("/system/script/environment")
        for id_ in table.where(name=name):
            yield id_, table.rows[id_]

    def _ready(self, node: Node, scope: Scope) -> Generator[float, None, Node]:
        """Put values in the place of variables and commands, so that a condition can be tested."""
        if isinstance(node, Word) or (isinstance(node, Operation) and node.sign == "field"):
            return node
        if isinstance(node, Operation) and node.sign not in _OF_VALUES:
            operands: list[Node] = []
            for operand in node.operands:
                operands += [(yield from self._ready(operand, scope))]
            return Operation(node.sign, tuple(operands))
        return Quoted((Word(_text((yield from self._value(node, scope)), ";")),))

    # Built in -------------------------------------------------------------------------------

    def _do(self, given: Resolved, scope: Scope) -> Running:
        body, caught = given.at(0), given.block("on-error")
        assert isinstance(body, Block)
        try:
            return (yield from self._block(body, scope.new_child()))
        except TooMuch:
            raise
        except Refused:
            if caught is None:
                raise
        return (yield from self._block(caught, scope.new_child()))

    def _if(self, given: Resolved, scope: Scope) -> Running:
        truth = values.parse_boolean(_text((yield from self._value(given.at(0), scope)), ";"))
        if truth is None:
            raise Refused("conditional not boolean")
        body = given.block("do") if truth else given.block("else")
        return (yield from self._block(body, scope.new_child())) if body else ""

    def _for_each(self, given: Resolved, scope: Scope) -> Running:
        listed, body = given.value_of("in"), given.block("do")
        assert listed is not None
        assert body is not None
        items = yield from self._value(listed, scope)
        for item in filter(None, (items,) if isinstance(items, str) else tuple(items)):
            yield from self._block(body, scope.new_child({given.word(0): item}))
        return ""

    def _local(self, given: Resolved, scope: Scope) -> Running:
        scope[given.word(0)] = (yield from self._value(given.at(1), scope)) if given.has(1) else ""
        return ""

    def _global(self, given: Resolved, scope: Scope) -> Running:
        if given.has(1):
            self._keep(given.word(0), _text((yield from self._value(given.at(1), scope)), ";"))
        return ""

    def _set(self, given: Resolved, scope: Scope) -> Running:
        name, value = given.word(0), (yield from self._value(given.at(1), scope))
        for one in scope.maps:
            if name in one:
                one[name] = value
                return ""
        self._keep(name, _text(value, ";"))
        return ""

    def _keep(self, name: str, value: str) -> None:
        table = self._router.table("/system/script/environment")
        for id_, _ in self._globals(name):
            table.update(id_, {"value": value})
            return
        table.keep({"name": name, "value": value})

    def _put(self, given: Resolved, scope: Scope) -> Running:
        self.output.append(_text((yield from self._value(given.at(0), scope)), ";"))
        return ""

    def _log(self, given: Resolved, scope: Scope) -> Running:
        message = _text((yield from self._value(given.at(1), scope)), ";")
        self._router.log(f"script,{given.word(0)}", message)
        return ""

    def _delay(self, given: Resolved, scope: Scope) -> Running:
        text = _text((yield from self._value(given.at(0), scope)), "") if given.has(0) else "1"
        seconds = values.parse_duration(text)
        if seconds is None:
            raise Refused("invalid value for argument delay-time")
        yield seconds
        return ""

    def _len(self, given: Resolved, scope: Scope) -> Running:
        return str(len((yield from self._value(given.at(0), scope))))

    def _find_in(self, given: Resolved, scope: Scope) -> Running:
        """Say at which place, counted from 0, a text holds another."""
        text = _text((yield from self._value(given.at(0), scope)), ";")
        wanted = _text((yield from self._value(given.at(1), scope)), ";")
        # RouterOS looks behind the place that it is given, which a start of -1 brings to 0.
        after = (yield from self._place(given, 2, scope)) if given.has(2) else -1
        place = text.find(wanted, after + 1)
        return str(place) if place >= 0 else NIL

    def _pick(self, given: Resolved, scope: Scope) -> Running:
        """Return what stands from one place to before another, or at the one."""
        found = yield from self._value(given.at(0), scope)
        if isinstance(found, Mapping):
            found = tuple(found.values())
        begin = yield from self._place(given, 1, scope)
        if given.has(2):
            return found[begin : (yield from self._place(given, 2, scope))] or NIL
        return found[begin] if begin < len(found) else NIL

    def _place(self, given: Resolved, place: int, scope: Scope) -> Generator[float, None, int]:
        return _number(_text((yield from self._value(given.at(place), scope)), ";"))

    def _type_of(self, given: Resolved, scope: Scope) -> Running:
        found = yield from self._value(given.at(0), scope)
        if not isinstance(found, str):
            return "array"
        if found is NIL:
            return "nil"
        return "num" if found.isdigit() else "str"

    def _error(self, given: Resolved, scope: Scope) -> Running:
        raise Refused(_text((yield from self._value(given.at(0), scope)), ";"))


def _text(value: Value, separator: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return separator.join(f"{name}={text}" for name, text in value.items())
    return separator.join(value)


def _number(text: str) -> int:
    if not text.lstrip("-").isdigit():
        raise Refused("invalid value for argument number")
    return int(text)


def _holds(condition: Node, row: Mapping[str, str] | None = None) -> bool:
    """Whether a condition is true, of a row if one is given."""
    match condition:
        case Operation("or", operands):
            return any(_holds(operand, row) for operand in operands)
        case Operation("and", operands):
            return all(_holds(operand, row) for operand in operands)
        case Operation("not", (operand,)):
            return not _holds(operand, row)
        case Operation("field", (Word(name),)):
            shown = name if row is None else row.get(name, "")
            return values.parse_boolean(shown) is True
        case Operation(sign, (Word(name), right)) if row is not None:
            return _COMPARE[sign](name, row.get(name, ""), _plain(right))
        case Operation(sign, (left, right)):
            return _COMPARE[sign]("", _plain(left), _plain(right))
    return values.parse_boolean(_plain(condition)) is True


def _plain(node: Node) -> str:
    """Give the text of a value that is ready."""
    match node:
        case Word(text) | Operation("field", (Word(text),)):
            return text
        case Quoted(parts):
            return "".join(map(_plain, parts))
    return "true" if _holds(node) else "false"


def _seen(table: Table, id_: str, *, sensitive: bool) -> Mapping[str, str]:
    """Return a row's fields for a condition; `show` is only needed where some are worked out."""
    if type(table.menu.behaviour).view is Behaviour.view and sensitive:
        return {".id": id_, **table.rows[id_]}
    return table.show(id_, sensitive=sensitive)


def _equal(name: str, shown: str, asked: str) -> bool:
    return shown == asked if name in queries.FREE_TEXT else queries.same(shown, asked)


def _matches(name: str, shown: str, asked: str) -> bool:
    try:
        return re.search(asked, shown) is not None
    except (re.error, RecursionError):
        raise Refused("invalid regular expression") from None


_COMPARE: dict[str, Callable[[str, str, str], bool]] = {
    "=": _equal,
    "!=": lambda name, shown, asked: not _equal(name, shown, asked),
    "~": _matches,
    "<": lambda name, shown, asked: queries.comparison(asked)(shown) < 0,
    ">": lambda name, shown, asked: queries.comparison(asked)(shown) > 0,
    "<=": lambda name, shown, asked: queries.comparison(asked)(shown) <= 0,
    ">=": lambda name, shown, asked: queries.comparison(asked)(shown) >= 0,
}

# What gives a value, and not yes or no.
_OF_VALUES = frozenset({".", "+", "->"})

_BUILTINS: dict[str, Callable[[Run, Resolved, Scope], Running]] = {
    "do": Run._do,
    "if": Run._if,
    "foreach": Run._for_each,
    "local": Run._local,
    "global": Run._global,
    "set": Run._set,
    "put": Run._put,
    "log": Run._log,
    "delay": Run._delay,
    "len": Run._len,
    "find": Run._find_in,
    "pick": Run._pick,
    "typeof": Run._type_of,
    "error": Run._error,
}
