"""What a script is made of, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass

from routers.simulator.errors import Refused


class BadScript(Refused):
    """The router does not understand the script, and runs none of it."""

    def __init__(self, message: str, source: str, at: int) -> None:
        line = source.count("\n", 0, at) + 1
        column = at - source.rfind("\n", 0, at)
        super().__init__(f"{message} (line {line} column {column})")


@dataclass(frozen=True, slots=True)
class Word:
    """Text without quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text in quotes, with what is put in between its pieces."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`sign` over its operands; `field` for a name that stands alone in a condition."""

    sign: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    name: str  # empty: known by its place
    value: Node | None  # None: `!name`
    at: int


@dataclass(frozen=True, slots=True)
class Command:
    arguments: tuple[Argument, ...]
    condition: Node | None  # what follows `find` or `where`
    at: int


@dataclass(frozen=True, slots=True)
class Block:
    """Commands in braces or brackets, or the whole script."""

    commands: tuple[Command, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Substitution:
    block: Block


Node = Word | Quoted | Variable | Operation | Block | Substitution
