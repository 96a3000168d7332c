"""From a script's text to its commands. Knows no menus: what names mean is decided later."""

from __future__ import annotations

import re

from routers.simulator.scripting.quoting import ESCAPES, HEX, to_bytes, to_text
from routers.simulator.scripting.syntax import (
    Argument,
    BadScript,
    Block,
    Command,
    Node,
    Operation,
    Quoted,
    Substitution,
    Variable,
    Word,
)

# Deep enough for any script that somebody wrote.
MAX_DEPTH = 25

_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
_BLANKS_AND_LINES = re.compile(r"(?:[ \t\r\n;]|\\\r?\n)*")
_COMMENT = re.compile(r"#[^\n]*")
_NAMED = re.compile(r"([A-Za-z.][\w.-]*)=", re.ASCII)
_NEGATED = re.compile(r"!([A-Za-z][\w.-]*)", re.ASCII)
_BARE = re.compile(r'[^\s;"$\[\](){}\\]+')
_BARE_IN_CONDITION = re.compile(r'[^\s;"$\[\](){}\\=!<>~&|]+')
_VARIABLE = re.compile(r'\w+|"[^"\\\n]*"', re.ASCII)
_COMPARISON = re.compile(r"!=|<=|>=|=|<|>|~")
_END_OF_QUOTED = re.compile(r'["\\$\n]')
_END_OF_COMMAND = ("", *"]});\n")


def parse(source: str) -> Block:
    """Read a whole script, or raise `BadScript`."""
    return _Parser(source).script()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._depth = 0

    def script(self) -> Block:
        block = self._block("")
        if self._at < len(self._source):
            raise self._error()
        return block

    # Commands -------------------------------------------------------------------------------

    def _block(self, closer: str) -> Block:
        begin, commands = self._at, []
        while True:
            self._skip(_BLANKS_AND_LINES)
            if self._skip(_COMMENT):
                continue
            if self._peek() in ("", *"]})"):
                break
            commands.append(self._command())
        block = Block(tuple(commands), self._source[begin : self._at])
        if closer:
            self._expect(closer)
        return block

    def _command(self) -> Command:
        begin, condition = self._at, None
        arguments: list[Argument] = []
        while True:
            self._skip(_BLANKS)
            if self._ends_command():
                break
            if arguments and _opens_condition(arguments[-1]):
                condition = self._condition()
                break
            arguments.append(self._argument())
        return Command(tuple(arguments), condition, begin)

    def _argument(self) -> Argument:
        at = self._at
        if match := _NEGATED.match(self._source, at):
            self._at = match.end()
            return Argument(match.group(1), None, at)
        name = ""
        if match := _NAMED.match(self._source, at):
            self._at, name = match.end(), match.group(1)
        value = self._value(_BARE)
        if self._peek() not in ("", *" \t\r\n;]})\\"):
            raise self._error()
        return Argument(name, value, at)

    # Values ---------------------------------------------------------------------------------

    def _value(self, bare: re.Pattern[str]) -> Node:
        mark = self._peek()
        if mark == '"':
            return self._quoted()
        if mark == "$":
            return self._variable()
        if mark in ("[", "(", "{"):
            return self._nested(mark)
        if match := bare.match(self._source, self._at):
            self._at = match.end()
            return Word(match.group())
        raise self._error()

    def _nested(self, mark: str) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error()
        self._at += 1
        node: Node
        if mark == "[":
            node = Substitution(self._block("]"))
        elif mark == "{":
            node = self._block("}")
        else:
            node = self._any_of(in_parentheses=True)
            self._skip(_BLANKS_AND_LINES)
            self._expect(")")
        self._depth -= 1
        return node

    def _variable(self) -> Node:
        """Read `$name`; inside quotes `$[…]` and `$(…)` too."""
        self._at += 1
        if self._peek() in ("[", "("):
            return self._nested(self._peek())
        match = _VARIABLE.match(self._source, self._at)
        if match is None:
            raise self._error()
        self._at = match.end()
        return Variable(match.group().strip('"'))

    def _quoted(self) -> Quoted:
        self._at += 1
        parts: list[Node] = []
        text = bytearray()
        while True:
            match = _END_OF_QUOTED.search(self._source, self._at)
            if match is None or match.group() == "\n":
                raise self._error()
            text += to_bytes(self._source[self._at : match.start()])
            self._at = match.start()
            if match.group() == "\\":
                text += self._escaped()
                continue
            if text:
                parts.append(Word(to_text(bytes(text))))
                text.clear()
            if match.group() == '"':
                self._at += 1
                return Quoted(tuple(parts))
            parts.append(self._variable())

    def _escaped(self) -> bytes:
        """Read what follows a backslash; at a line's end the string goes on in the next."""
        if match := _LINE_GOES_ON.match(self._source, self._at):
            self._at = match.end()
            return b""
        after = to_bytes(self._source[self._at + 1 : self._at + 3])
        if HEX.fullmatch(after):
            self._at += 3
            return bytes.fromhex(after.decode())
        if after[:1] not in ESCAPES:
            raise self._error()
        self._at += 2
        return ESCAPES[after[:1]]

    # Conditions -----------------------------------------------------------------------------

    def _condition(self) -> Node | None:
        """Read what `find` looks for, up to the command's end; nothing means every row."""
        self._takes("where")
        self._skip(_BLANKS)
        if self._ends_command():
            return None
        condition = self._any_of()
        self._skip(_BLANKS)
        if not self._ends_command():
            raise self._error()
        return condition

    def _any_of(self, *, in_parentheses: bool = False) -> Node:
        skip = _BLANKS_AND_LINES if in_parentheses else _BLANKS
        operands = [self._all_of(skip)]
        while self._takes("||", "or"):
            operands.append(self._all_of(skip))
        return _joined("or", operands)

    def _all_of(self, skip: re.Pattern[str]) -> Node:
        operands = [self._comparison(skip)]
        while True:
            self._skip(skip)
            if self._takes("&&", "and"):
                operands.append(self._comparison(skip))
            elif self._peek() in ("", *"]});\n|") or self._sees("or"):
                return _joined("and", operands)
            else:
                operands.append(self._comparison(skip))  # `find name=a disabled=no`

    def _comparison(self, skip: re.Pattern[str]) -> Node:
        self._skip(skip)
        negations = 0
        while self._peek() == "!":
            self._at += 1
            negations += 1
            self._skip(skip)
        left = self._sum(skip)
        self._skip(skip)
        node: Node = left
        if match := _COMPARISON.match(self._source, self._at):
            self._at = match.end()
            self._skip(skip)
            node = Operation(match.group(), (left, self._sum(skip)))
        elif isinstance(left, Word):
            node = Operation("field", (left,))
        return Operation("not", (node,)) if negations % 2 else node

    def _sum(self, skip: re.Pattern[str]) -> Node:
        """Read values that `.` joins, or `+` adds."""
        node = self._element(skip)
        while True:
            here = self._at
            self._skip(skip)
            sign = self._peek()
            if sign not in (".", "+"):
                self._at = here
                return node
            self._at += 1
            self._skip(skip)
            node = Operation(sign, (node, self._element(skip)))

    def _element(self, skip: re.Pattern[str]) -> Node:
        """Read a value, or what an array has under a name: `$array->"name"`."""
        node = self._value(_BARE_IN_CONDITION)
        while self._takes("->"):
            self._skip(skip)
            node = Operation("->", (node, self._value(_BARE_IN_CONDITION)))
        return node

    # Characters -----------------------------------------------------------------------------

    def _ends_command(self) -> bool:
        return self._peek() in _END_OF_COMMAND

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _sees(self, mark: str) -> bool:
        end = self._at + len(mark)
        if not self._source.startswith(mark, self._at):
            return False
        return not mark.isalpha() or not self._source[end : end + 1].isalnum()

    def _takes(self, *marks: str) -> bool:
        for mark in marks:
            if self._sees(mark):
                self._at += len(mark)
                return True
        return False

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._source, self._at)
        if match is None or match.end() == self._at:
            return False
        self._at = match.end()
        return True

    def _expect(self, mark: str) -> None:
        if self._peek() != mark:
            raise self._error()
        self._at += 1

    def _error(self) -> BadScript:
        return BadScript("syntax error", self._source, self._at)


_LINE_GOES_ON = re.compile(r"\\\r?\n[ \t]*")


def _opens_condition(argument: Argument) -> bool:
    return not argument.name and argument.value in (Word("find"), Word("where"))


def _joined(sign: str, operands: list[Node]) -> Node:
    return operands[0] if len(operands) == 1 else Operation(sign, tuple(operands))
