"""The binary API on one connection."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import ssl
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routers.simulator import accounts, commands
from routers.simulator.errors import INTERRUPTED, Refused
from routers.simulator.framing import MAX_WORD, BrokenFraming, Decoder, encode_sentence
from routers.simulator.outbox import ENDLESS_PAUSE, Line, endless

if TYPE_CHECKING:
    from routers.simulator.device import Device

# The manual says that there is a limit before login, and not which; ours is generous to any
# login there is.
MAX_SENTENCE_BEFORE_LOGIN = 4096
MAX_SENTENCES_BEFORE_LOGIN = 32


@dataclass(slots=True)
class Sentence:
    command: str
    args: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    tag: str = ""

    @classmethod
    def parse(cls, words: Sequence[str]) -> Sentence:
        sentence = cls(words[0])
        for word in words[1:]:
            # Some clients leave out the second `=`: `=count-only`.
            name, _, value = word[1:].partition("=")
            if word.startswith("="):
                sentence.args[name] = value
            elif word.startswith("?"):
                sentence.queries.append(word[1:])
            elif word.startswith(".tag="):
                sentence.tag = value
            elif word.startswith("."):
                sentence.args["." + name] = value
        return sentence


def reply_words(kind: str, tag: str, pairs: Iterable[tuple[str, str]] = ()) -> bytes:
    words = [kind]
    if tag:
        words.append(f".tag={tag}")  # right after the reply word, as 6.x and 7.x send it
    words += [f"={name}={value}" for name, value in pairs]
    return encode_sentence(words)


class ApiConnection:
    def __init__(
        self,
        device: Device,
        line: Line,
        address: str,
        via: str,
    ) -> None:
        self._device = device
        self._router = device.router
        self._line = line
        self._outbox = line.outbox
        self._address = address
        self._via = via
        self._decoder = Decoder()
        self._decoder.max_sentence = MAX_SENTENCE_BEFORE_LOGIN
        self._attempts = 0
        self._challenge = b""
        self._session: commands.Session | None = None
        self.active: str | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = itertools.count()
        self._over = False

    async def serve(self) -> None:
        """Answer until either side has had enough."""
        try:
            while not self._over and (data := await self._line.read()):
                for words in self._decoder.feed(data):
                    self._receive(words)
                    if self._over:
                        break
                await self._outbox.drain()
            await self._outbox.finish()
        except (BrokenFraming, ConnectionError, ssl.SSLError):
            pass  # a router just closes
        finally:
            self._end()

    def abort(self) -> None:
        self._outbox.abort()

    def _end(self) -> None:
        for task in self._running.values():
            task.cancel()
        self._outbox.close()
        if self._session is not None:
            accounts.log_out(self._router, self._session, self.active)

    # What arrives ---------------------------------------------------------------------------

    def _receive(self, words: list[str]) -> None:
        self._device.sentences.append(words)
        sentence = Sentence.parse(words)
        if sentence.command == "/login":
            self._log_in(sentence)
        elif self._session is None:
            self._fatal("not logged in", sentence.tag)
        elif sentence.command == "/quit":
            self._fatal("session terminated on request", sentence.tag)
        elif sentence.command == "/cancel":
            self._cancel(sentence)
        else:
            self._run(sentence, self._session)

    def _fatal(self, text: str, tag: str) -> None:
        # The text is a word of its own, without `=message=`.
        words = ["!fatal", f".tag={tag}", text] if tag else ["!fatal", text]
        self._send(encode_sentence(words), fragile=False)
        self._over = True

    # Login ----------------------------------------------------------------------------------

    def _log_in(self, sentence: Sentence) -> None:
        self._attempts += 1
        if self._session is None and self._attempts > MAX_SENTENCES_BEFORE_LOGIN:
            self._over = True
            return
        slow = self._router.faults.now.slow_login
        try:
            pairs = self._answer_login(sentence.args)
        except Refused as refused:
            self._send(self._refusal(refused, sentence.tag), after=slow, fragile=False)
            return
        self._send(reply_words("!done", sentence.tag, pairs), after=slow, fragile=False)

    def _answer_login(self, args: dict[str, str]) -> list[tuple[str, str]]:
        username = args.get("name")
        old = self._router.version_number < accounts.PLAIN_LOGIN_SINCE
        if username is None or (old and "response" not in args):
            # Modern routers too answer a bare /login with a challenge, and then refuse its
            # response; old ones ignore a plain password and answer with a challenge.
            self._challenge = secrets.token_bytes(16)
            return [("ret", self._challenge.hex())]
        if "response" in args:
            response = args["response"] if old else ""
            challenge, self._challenge = self._challenge, b""
            self._welcome(
                accounts.log_in_by_response(
                    self._router, username, response, challenge, self._address, self._via
                )
            )
        else:
            password = args.get("password", "")
            self._welcome(
                accounts.log_in(self._router, username, password, self._address, self._via)
            )
        return []

    def _welcome(self, session: commands.Session) -> None:
        if self._session is not None:  # somebody else takes over this connection
            accounts.log_out(self._router, self._session, self.active)
        self._session = session
        self._decoder.max_sentence = MAX_WORD
        self.active = accounts.open_active(self._router, session)
        self._device.logins += 1

    # Commands -------------------------------------------------------------------------------

    def _run(self, sentence: Sentence, session: commands.Session) -> None:
        after = self._device.workload.reserve(asyncio.get_running_loop().time())
        try:
            reply = commands.run(
                sentence.command, self._router, session, sentence.args, sentence.queries
            )
        except Refused as refused:
            self._send(self._refusal(refused, sentence.tag), after=after)
            return
        if not isinstance(reply, commands.Reply):
            self._start(self._stream(reply, sentence.tag), sentence.tag)
        elif self._router.faults.now.endless:
            self._start(self._rave(reply, sentence.tag), sentence.tag)
        else:
            self._send(self._encode(reply, sentence.tag), after=after)
            if reply.then is not None:
                self._start(self._afterwards(reply.then), sentence.tag)

    def _encode(self, reply: commands.Reply, tag: str) -> bytes:
        parts = [reply_words("!re", tag, row.items()) for row in reply.rows]
        if reply.may_be_empty and not parts and self._router.version_number >= (7, 18):
            parts.append(reply_words("!empty", tag))
        pairs = [] if reply.ret is None else [("ret", reply.ret)]
        parts.append(reply_words("!done", tag, pairs))
        return b"".join(parts)

    def _refusal(self, refused: Refused, tag: str) -> bytes:
        parts = []
        for message, category in refused.traps:
            pairs = [("message", message)]
            if category is not None:
                pairs.insert(0, ("category", str(category)))
            parts.append(reply_words("!trap", tag, pairs))
        return b"".join((*parts, reply_words("!done", tag)))

    def _send(self, data: bytes, *, after: float = 0.0, fragile: bool = True) -> None:
        self._outbox.send(data, after=after, fragile=fragile)

    # Commands that go on --------------------------------------------------------------------

    def _start(self, work: Coroutine[None, None, None], tag: str) -> None:
        key = tag or f" {next(self._numbers)}"  # no tag can be mistaken for it
        task = asyncio.get_running_loop().create_task(work)
        self._running[key] = task
        task.add_done_callback(lambda _: self._forget(key, task))

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:  # and not a later command under the same tag
            del self._running[key]

    async def _afterwards(self, act: Callable[[], None]) -> None:
        await self._outbox.finish()
        act()

    async def _stream(self, rows: commands.Stream, tag: str) -> None:
        try:
            async for row in rows:
                self._send(reply_words("!re", tag, row.items()))
                await self._outbox.drain()
        except Refused as refused:
            self._send(self._refusal(refused, tag))
        except ConnectionError:
            pass
        else:
            self._send(reply_words("!done", tag))

    async def _rave(self, reply: commands.Reply, tag: str) -> None:
        rows = list(reply.rows) or [{"ret": reply.ret or ""}]
        data = endless(b"".join(reply_words("!re", tag, row.items()) for row in rows))
        try:
            while self._router.faults.now.endless:
                self._send(data)
                await self._outbox.drain()
                await asyncio.sleep(ENDLESS_PAUSE)
        except ConnectionError:
            return
        self._send(reply_words("!done", tag))

    def _cancel(self, sentence: Sentence) -> None:
        """Interrupt one command or all; their own `!done` follows that of the cancel."""
        wanted = sentence.args.get("tag")
        keys = [key for key in self._running if wanted in (None, key)]
        tags = [key if not key.startswith(" ") else "" for key in keys]
        pairs = [("category", str(INTERRUPTED)), ("message", "interrupted")]
        for key in keys:
            self._running.pop(key).cancel()
        self._send(
            b"".join(
                (
                    *(reply_words("!trap", tag, pairs) for tag in tags),
                    reply_words("!done", sentence.tag),
                    *(reply_words("!done", tag) for tag in tags),
                )
            )
        )
