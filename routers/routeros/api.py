"""The binary API, over librouteros' framing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from itertools import count

from librouteros.protocol import ApiProtocol, decode_length, determine_length, encode_sentence

from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import AuthFailed, NotRouterOS, Refused, Unreachable, refusal
from routers.routeros.session import Connection
from routers.routeros.stream import Stream

WINDOW = 50
# A router that cannot send its answers stops reading. What is under way must fit between the two
# socket buffers, or both sides wait for the other.
_WINDOW_BYTES = 32 << 10
_MOST_ROWS = 100_000
_LONGEST_REPLY_WORD = len("!empty")


class Wire(ApiProtocol):
    """librouteros' framing, without its log of each word (passwords too) and its lossy decoding."""

    transport: Stream

    def writeSentence(self, cmd: str, *words: str) -> None:
        self.transport.write(encode_sentence(cmd, *words, encoding=self.encoding))

    def readSentence(self) -> tuple[str, tuple[str, ...]]:
        while not (reply := self.readWord(_LONGEST_REPLY_WORD)):
            pass  # an empty sentence means nothing
        if not reply.startswith("!"):
            raise NotRouterOS
        return reply, tuple(iter(self.readWord, ""))

    def readWord(self, longest: int | None = None) -> str:
        head = self.transport.read(1)
        size = head[0]
        if size >= 0x80:
            size = decode_length(head + self.transport.read(determine_length(head)))
        if longest is not None and size > longest:
            raise NotRouterOS  # at once: what sent it may never send the rest
        return text(self.transport.read(size))


class ApiSession(Connection):
    def __init__(self, stream: Stream, *, window: int = WINDOW) -> None:
        super().__init__(stream)
        self._wire = Wire(stream, encoding="utf-8")
        self._window = window
        # No two commands of a connection share a tag, so no answer finds another's command.
        self._tags = map(str, count(1))

    def log_in(self, endpoint: Endpoint, deadline: Deadline) -> None:
        name = endpoint.username
        with self._exchange(deadline):
            challenge = self._ask_in(name=name, password=endpoint.password)
            if challenge:  # before RouterOS 6.43
                self._ask_in(name=name, response=_response(challenge, endpoint.password))

    def run_many(self, commands: Sequence[Command], deadline: Deadline) -> list[Reply | Refused]:
        with self._exchange(deadline):
            return self._converse(commands)

    def _ask_in(self, **attributes: str) -> str | None:
        (outcome,) = self._converse([Command("/", "login", attributes)])
        if isinstance(outcome, Refused):
            raise AuthFailed
        return outcome.ret

    def _converse(self, commands: Sequence[Command]) -> list[Reply | Refused]:
        answers: list[_Answer] = []
        pending: dict[str, _Answer] = {}
        for command in commands:
            tag = next(self._tags)
            words = tuple(_words(command, tag))
            answer = _Answer(size=sum(map(len, words)))
            while pending and not self._has_room(pending, answer.size):
                self._hear(pending)
            self._wire.writeSentence(*words)
            answers.append(answer)
            pending[tag] = answer
        while pending:
            self._hear(pending)
        return [answer.outcome() for answer in answers]

    def _has_room(self, pending: "dict[str, _Answer]", size: int) -> bool:
        under_way = sum(answer.size for answer in pending.values())
        return len(pending) < self._window and under_way + size <= _WINDOW_BYTES

    def _hear(self, pending: "dict[str, _Answer]") -> None:
        """Read one sentence into the answer it belongs to, which is pending until it is done."""
        reply, words = self._wire.readSentence()
        if reply == "!fatal":
            raise _farewell(words)
        attributes, tag = _parse(words)
        answer = pending.get(tag)
        if answer is None:
            raise NotRouterOS("The router answered what it was not asked.")
        if reply == "!re":
            answer.add_row(attributes)
        elif reply == "!trap":
            answer.traps.append(attributes)
        elif reply == "!done":
            answer.ret = attributes.get("ret")
            del pending[tag]
            self._stream.allow()


@dataclass
class _Answer:
    """What has been heard so far in answer to one command."""

    size: int
    rows: list[dict[str, str]] = field(default_factory=list)
    traps: list[dict[str, str]] = field(default_factory=list)
    ret: str | None = None

    def add_row(self, row: dict[str, str]) -> None:
        if len(self.rows) == _MOST_ROWS:
            raise NotRouterOS("The router's answer has more rows than any real one.")
        self.rows.append(row)

    def outcome(self) -> Reply | Refused:
        if not self.traps:
            return Reply(self.rows, self.ret)
        # One refusal may come as several traps: an unknown menu does.
        message = ", ".join(trap.get("message", "") for trap in self.traps)
        categories = (trap.get("category", "") for trap in self.traps)
        return refusal(message, category=next((int(c) for c in categories if c.isdigit()), None))


def text(raw: bytes) -> str:
    """Decode what RouterOS sends: UTF-8, or what an old WinBox on Windows left behind."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _words(command: Command, tag: str) -> Iterator[str]:
    yield command.path
    yield f".tag={tag}"
    for name, value in command.attributes.items():
        yield f"={name}={value}"
    if command.proplist:
        yield f"=.proplist={','.join(command.proplist)}"
    for query in command.queries:
        yield f"?{query}"


def _parse(words: Sequence[str]) -> tuple[dict[str, str], str]:
    attributes: dict[str, str] = {}
    tag = ""
    for word in words:
        if word.startswith("="):
            name, _, value = word[1:].partition("=")
            attributes[name] = value
        elif word.startswith(".tag="):
            tag = word[5:]
    return attributes, tag


def _farewell(words: Sequence[str]) -> AuthFailed | Unreachable:
    if "not logged in" in words:
        return AuthFailed()
    return Unreachable("The router ended the session.")


def _response(challenge: str, password: str) -> str:
    try:
        salt = bytes.fromhex(challenge)
    except ValueError:
        raise NotRouterOS from None
    # The router's algorithm, not our choice.
    digest = md5(b"\0" + password.encode() + salt, usedforsecurity=False)
    return f"00{digest.hexdigest()}"
