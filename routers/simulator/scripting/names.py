"""What the words of a script stand for on one router: menus, commands and their arguments.

A router refuses a script as a whole if it does not know a name in it, and no `on-error` helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routers.simulator import commands
from routers.simulator.menus import DIRECTORIES
from routers.simulator.scripting.syntax import (
    Argument,
    BadScript,
    Block,
    Command,
    Node,
    Operation,
    Quoted,
    Substitution,
    Word,
)

if TYPE_CHECKING:
    from routers.simulator.router import Router

# What arguments without a name mean; those after them are flags.
_PLACES = {
    **dict.fromkeys(
        ("set", "remove", "enable", "disable", "comment", "reset", "reset-counters", "run",
         "make-static", "make-binding"),
        ("numbers",),
    ),
    "get": ("numbers", "value-name"),
    "unset": ("numbers", "value-name"),
    "move": ("numbers", "destination"),
}  # fmt: skip
_PLACES_OF_SINGLETONS = {"get": ("value-name",)}
_PLACES_OF = {
    "/ping": ("address",),
    "/tool/ping": ("address",),
    "/tool/fetch": ("url",),
    "/import": ("file-name",),
    "/execute": ("script",),
    "/log/info": ("message",),
    "/log/warning": ("message",),
    "/log/error": ("message",),
    "/log/debug": ("message",),
}
_ALWAYS_TAKEN = frozenset({"numbers", ".id", "copy-from", "place-before"})


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a built-in command takes: so many words and values, and these blocks by name."""

    least: int
    most: int
    starts_with: type = object
    blocks: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


_SHAPES = {
    "do": _Shape(1, 1, Block, frozenset({"on-error"})),
    "if": _Shape(1, 1, object, frozenset({"do", "else"})),
    "foreach": _Shape(1, 1, Word, frozenset({"do"}), frozenset({"in"})),
    "local": _Shape(1, 2, Word),
    "global": _Shape(1, 2, Word),
    "set": _Shape(2, 2, Word),
    "put": _Shape(1, 1),
    "log": _Shape(2, 2, Word),
    "delay": _Shape(0, 1),
    "len": _Shape(1, 1),
    "find": _Shape(2, 3),
    "pick": _Shape(2, 3),
    "typeof": _Shape(1, 1),
    "error": _Shape(1, 1),
}
_NEEDED = {"if": {"do"}, "foreach": {"do", "in"}}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A command whose words are known."""

    menu: str
    verb: str  # empty: the command only names a menu
    arguments: tuple[Argument, ...]
    places: tuple[str, ...] = ()
    builtin: bool = False

    @property
    def path(self) -> str:
        return f"{self.menu}/{self.verb}"

    def named(self) -> Iterator[tuple[str, Node | None]]:
        """Yield each argument with its name; None is for `!name`, a flag is an empty word."""
        given = {argument.name for argument in self.arguments}
        places = iter(place for place in self.places if place not in given)
        for argument in self.arguments:
            if argument.name and argument.value is None:
                yield argument.name, None
            elif argument.name:
                yield argument.name, argument.value
            elif (name := next(places, "")) or not isinstance(argument.value, Word):
                yield name, argument.value
            elif argument.value.text != "where":
                yield argument.value.text, Word("")

    def positional(self) -> list[Node]:
        return [a.value for a in self.arguments if not a.name and a.value is not None]

    def at(self, place: int) -> Node:
        return self.positional()[place]

    def has(self, place: int) -> bool:
        return place < len(self.positional())

    def word(self, place: int) -> str:
        node = self.at(place)
        assert isinstance(node, Word)
        return node.text

    def value_of(self, name: str) -> Node | None:
        return next((a.value for a in self.arguments if a.name == name), None)

    def block(self, name: str) -> Block | None:
        node = self.value_of(name)
        return node if isinstance(node, Block) else None


class Resolver:
    def __init__(self, router: Router, source: str) -> None:
        self._router = router
        self._source = source
        self._known: dict[int, Resolved] = {}

    def of(self, command: Command) -> Resolved:
        return self._known[id(command)]

    def check(self, block: Block, menu: str = "") -> None:
        """Find out what every name in a block stands for, or raise `BadScript`."""
        for command in block.commands:
            resolved = self._known[id(command)] = self._resolve(command, menu)
            if not resolved.verb:
                menu = resolved.menu
            for argument in resolved.arguments:
                # Braces hold code for built-in commands only, elsewhere they are text.
                self._check_inside(argument.value, resolved.menu, code=resolved.builtin)
            self._check_inside(command.condition, resolved.menu)

    def _check_inside(self, node: Node | None, menu: str, *, code: bool = False) -> None:
        match node:
            case Substitution(block):
                self.check(block, menu)
            case Block() if code:
                self.check(node, menu)
            case Quoted(nodes) | Operation(_, nodes):
                for inner in nodes:
                    self._check_inside(inner, menu)

    def _resolve(self, command: Command, menu: str) -> Resolved:
        first = command.arguments[0].value if command.arguments else None
        if not isinstance(first, Word) or command.arguments[0].name:
            raise self._bad("expected command name", command.at)
        if first.text.startswith(":"):
            return self._resolve_builtin(first.text[1:], command, menu)
        if first.text.startswith("/"):
            menu = ""
        for place, argument in enumerate(command.arguments):
            if argument.name or not isinstance(argument.value, Word):
                raise self._bad("expected end of command", argument.at)
            for part in filter(None, argument.value.text.split("/")):
                if f"{menu}/{part}" in DIRECTORIES:
                    menu = f"{menu}/{part}"
                    continue
                rest = command.arguments[place + 1 :]
                return self._resolve_verb(menu, part, rest, argument.at)
        return Resolved(menu, "", ())

    def _resolve_builtin(self, verb: str, command: Command, menu: str) -> Resolved:
        shape = _SHAPES.get(verb)
        if shape is None:
            raise self._bad(f"bad command name {verb}", command.at)
        resolved = Resolved(menu, verb, command.arguments[1:], builtin=True)
        positional = resolved.positional()
        names = {argument.name for argument in resolved.arguments if argument.name}
        fits = (
            shape.least <= len(positional) <= shape.most
            and names <= shape.blocks | shape.values
            and _NEEDED.get(verb, set()) <= names
            and (not positional or isinstance(positional[0], shape.starts_with))
            and all(isinstance(resolved.value_of(name), Block) for name in names & shape.blocks)
        )
        if not fits:
            raise self._bad("syntax error", command.at)
        return resolved

    def _resolve_verb(
        self, menu: str, verb: str, arguments: tuple[Argument, ...], at: int
    ) -> Resolved:
        path = f"{menu}/{verb}"
        if not commands.exists(path, self._router):
            raise self._bad(f"bad command name {verb}", at)
        table = self._router.table(menu) if self._router.has_menu(menu) else None
        single = table is not None and table.menu.singleton
        of_verb = _PLACES_OF_SINGLETONS if single else _PLACES
        resolved = Resolved(menu, verb, arguments, _PLACES_OF.get(path, of_verb.get(verb, ())))
        for argument in arguments if table and verb in ("add", "set") else ():
            known = not argument.name or argument.name in _ALWAYS_TAKEN
            if not known and table and not table.takes(argument.name):
                raise self._bad("expected end of command", argument.at)
        if any(not name for name, _ in resolved.named()):
            raise self._bad("expected end of command", at)
        return resolved

    def _bad(self, message: str, at: int) -> BadScript:
        return BadScript(message, self._source, at)
