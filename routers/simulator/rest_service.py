"""The REST service on one connection: the same state and commands, dressed as HTTP.

Statuses and bodies follow what was measured on RouterOS 7.21 to 7.23; where the manual and a
measurement differ, the measurement wins.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from routers.simulator import accounts, commands
from routers.simulator.errors import Refused
from routers.simulator.outbox import ENDLESS_PAUSE, Line, endless
from routers.simulator.schema import Row

if TYPE_CHECKING:
    from routers.simulator.device import Device

MAX_BODY = 4 * 1024 * 1024
# A router gives up on a command after a minute, and has sent nothing until then.
MAX_SECONDS = 60.0
SINCE = (7, 1)
CHARSET_TAKEN_SINCE = (7, 2)


class HttpRefusal(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    @property
    def body(self) -> dict[str, Any]:
        body = {"error": self.status, "message": HTTPStatus(self.status).phrase}
        return body | {"detail": self.detail} if self.detail else body


@dataclass(slots=True)
class Request:
    method: str
    path: str
    filters: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class RestConnection:
    def __init__(
        self,
        device: Device,
        line: Line,
        address: str,
    ) -> None:
        self._device = device
        self._router = device.router
        self._line = line
        self._outbox = line.outbox
        self._address = address
        self._http = h11.Connection(h11.SERVER)
        self._known: set[str] = set()
        self.active: str | None = None

    async def serve(self) -> None:
        try:
            while (request := await self._next_request()) is not None:
                await self._answer(request)
                if self._http.our_state is not h11.DONE:
                    break
                self._http.start_next_cycle()
            await self._outbox.finish()
        except (ConnectionError, ssl.SSLError):
            pass
        except h11.RemoteProtocolError as error:
            self._reject(error)
        finally:
            self._outbox.close()

    def abort(self) -> None:
        self._outbox.abort()

    # HTTP -----------------------------------------------------------------------------------

    async def _next_request(self) -> Request | None:
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                return None
        if not isinstance(event, h11.EndOfMessage):
            return None
        target = urlsplit(head.target.decode("latin-1"))
        return Request(
            head.method.decode("ascii"),
            unquote(target.path),
            parse_qsl(target.query, keep_blank_values=True),
            {k.decode("latin-1"): v.decode("latin-1") for k, v in head.headers},
            bytes(body),
        )

    async def _next_event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._outbox.send(self._http.send(go_on) or b"", fragile=False)
            self._http.receive_data(await self._line.read())
        return event

    def _reject(self, error: h11.RemoteProtocolError) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(Answer(error.error_status_hint), 0.0)

    async def _answer(self, request: Request) -> None:
        after = self._device.workload.reserve(asyncio.get_running_loop().time())
        if url := self._router.faults.now.http_redirect:
            self._send(Answer(302, headers=(("Location", url),)), after)
            return
        try:
            result = await self._result(request)
        except HttpRefusal as refusal:
            extra: tuple[tuple[str, str], ...] = ()
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                extra = (("WWW-Authenticate", 'Basic realm="RouterOS"'),)
            self._send(Answer(refusal.status, _encode(refusal.body), extra), after)
            return
        if self._router.faults.now.endless:
            await self._rave(result)
        else:
            self._send(Answer(200, b"" if result is None else _encode(result)), after)

    def _send(self, answer: Answer, after: float) -> None:
        headers = [("Content-Length", str(len(answer.body))), *answer.headers]
        if answer.body:
            headers.append(("Content-Type", "application/json"))
        head = h11.Response(status_code=answer.status, headers=headers)
        parts = [self._http.send(head)]
        if answer.body:
            parts.append(self._http.send(h11.Data(data=answer.body)))
        parts.append(self._http.send(h11.EndOfMessage()))
        self._outbox.send(b"".join(part or b"" for part in parts), after=after)

    async def _rave(self, result: Any) -> None:
        """Send rows in a body that has no end."""
        head = h11.Response(status_code=200, headers=[("Transfer-Encoding", "chunked")])
        self._outbox.send((self._http.send(head) or b"") + (self._chunk(b"[")))
        row = endless(_encode(result) + b",")
        while self._router.faults.now.endless:
            self._outbox.send(self._chunk(row))
            await self._outbox.drain()
            await asyncio.sleep(ENDLESS_PAUSE)
        self._outbox.send(self._http.send(h11.EndOfMessage()) or b"")

    def _chunk(self, data: bytes) -> bytes:
        return self._http.send(h11.Data(data=data)) or b""

    # Who asks -------------------------------------------------------------------------------

    async def _session(self, request: Request) -> commands.Session:
        username, password = _credentials(request.headers.get("authorization", ""))
        if slow := self._router.faults.now.slow_login:
            await asyncio.sleep(slow)
        try:
            session = accounts.log_in(self._router, username, password, self._address, "rest-api")
        except Refused:
            raise HttpRefusal(401) from None
        if username not in self._known:
            self._known.add(username)
            self._device.logins += 1
            # Its row in /user/active stays for good: REST never logs out (7.16 to 7.24rc1).
            accounts.open_active(self._router, session)
        return session

    # What is asked --------------------------------------------------------------------------

    async def _result(self, request: Request) -> Any:
        if self._router.version_number < SINCE or not f"{request.path}/".startswith("/rest/"):
            raise HttpRefusal(404)
        session = await self._session(request)
        arguments = self._arguments(request)
        path = request.path.removeprefix("/rest").rstrip("/")
        self._device.sentences.append(
            [f"{request.method} {request.path}", *(f"={k}={v}" for k, v in arguments.items())]
        )
        act = {
            "GET": self._get, "PUT": self._put, "PATCH": self._patch,
            "DELETE": self._delete, "POST": self._post,
        }.get(request.method)  # fmt: skip
        if act is None:
            raise HttpRefusal(405)
        try:
            return await act(path, session, request, arguments)
        except Refused as refused:
            raise _as_http(refused, request.method) from None

    def _arguments(self, request: Request) -> dict[str, str]:
        if not request.body:
            return {}
        kind = request.headers.get("content-type", "").lower()
        plain = kind.partition(";")[0].strip()
        if plain != "application/json" or (
            kind != plain and self._router.version_number < CHARSET_TAKEN_SINCE
        ):
            raise HttpRefusal(415)
        try:
            given = json.loads(request.body)
        except ValueError:
            raise HttpRefusal(400, "invalid JSON") from None
        if not isinstance(given, dict):
            raise HttpRefusal(400, "expected object")
        if any(name.startswith("?") for name in given):
            raise HttpRefusal(400, "unknown parameter")
        # Query words keep to themselves: they may hold commas.
        return {
            name: _text(value, "\n" if name == ".query" else ",") for name, value in given.items()
        }

    async def _get(
        self, path: str, session: commands.Session, request: Request, arguments: dict[str, str]
    ) -> Any:
        filters = [f"{n}={v}" for n, v in request.filters if not n.startswith(".prop")]
        args = {n: v for n, v in request.filters if n == ".proplist"}
        if self._router.has_menu(path):
            reply = self._run(f"{path}/print", session, args, filters)
            rows = list(reply.rows)
            return rows[0] if self._router.table(path).menu.singleton and rows else rows
        return self._one(path, session, args)

    def _one(self, path: str, session: commands.Session, args: dict[str, str]) -> Row:
        menu, _, reference = path.rpartition("/")
        if not self._router.has_menu(menu):
            # Running it words the refusal.
            self._run(f"{path}/print", session, {}, ())
        reply = self._run(f"{menu}/print", session, {**args, ".id": reference}, ())
        return reply.rows[0]

    async def _put(
        self, path: str, session: commands.Session, request: Request, arguments: dict[str, str]
    ) -> Any:
        reply = self._run(f"{path}/add", session, arguments, ())
        return self._router.table(path).show(
            reply.ret or "", sensitive=self._router.shows_secrets(session)
        )

    async def _patch(
        self, path: str, session: commands.Session, request: Request, arguments: dict[str, str]
    ) -> Any:
        menu, reference = self._item(path)
        table = self._router.table(menu)
        id_ = table.find(reference)
        self._run(f"{menu}/set", session, {**arguments, ".id": id_}, ())
        return table.show(id_, sensitive=self._router.shows_secrets(session))

    async def _delete(
        self, path: str, session: commands.Session, request: Request, arguments: dict[str, str]
    ) -> None:
        menu, reference = self._item(path)
        self._run(f"{menu}/remove", session, {".id": reference}, ())

    def _item(self, path: str) -> tuple[str, str]:
        menu, _, reference = path.rpartition("/")
        if self._router.has_menu(path) or not self._router.has_menu(menu):
            raise HttpRefusal(400, "missing or invalid resource identifier")
        return menu, reference

    async def _post(
        self, path: str, session: commands.Session, request: Request, arguments: dict[str, str]
    ) -> Any:
        if self._router.has_menu(path) or path.endswith("/unset"):
            raise HttpRefusal(400, "no such command")
        query = arguments.pop(".query", "")
        if arguments.get("once") == "false":  # only its presence counts, except for this
            del arguments["once"]
        reply = commands.run(
            path, self._router, session, arguments, query.split("\n") if query else ()
        )
        if not isinstance(reply, commands.Reply):
            return await self._collect(reply)
        if reply.then is not None:
            asyncio.get_running_loop().call_later(0.05, reply.then)
        return list(reply.rows) if reply.ret is None else {"ret": reply.ret}

    def _run(
        self, path: str, session: commands.Session, args: dict[str, str], query: Any
    ) -> commands.Reply:
        reply = commands.run(path, self._router, session, args, query)
        assert isinstance(reply, commands.Reply)
        return reply

    async def _collect(self, stream: commands.Stream) -> list[Row]:
        """Wait for a command's end; one that has none is cut after a minute."""
        rows: list[Row] = []

        async def gather() -> None:
            async for row in stream:
                rows.append(row)  # noqa: PERF401 - what came before a cut must survive it

        work = asyncio.create_task(gather())
        limit = asyncio.create_task(self._router.pause(MAX_SECONDS))
        try:
            await asyncio.wait((work, limit), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise HttpRefusal(400, "Session closed")
            work.result()
        finally:
            work.cancel()
            limit.cancel()
        return rows


def _credentials(header: str) -> tuple[str, str]:
    kind, _, token = header.partition(" ")
    try:
        decoded = base64.b64decode(token, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        raise HttpRefusal(401) from None
    username, colon, password = decoded.partition(":")
    if kind.lower() != "basic" or not colon:
        raise HttpRefusal(401)
    return username, password


def _text(value: Any, separator: str = ",") -> str:
    """Spell a JSON value as a word; null clears a field, as `""` does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return separator.join(map(_text, value))
    return str(value)


def _encode(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogateescape")


_VERBS = {"PUT": "add", "PATCH": "set", "DELETE": "remove"}


def _as_http(refused: Refused, method: str) -> HttpRefusal:
    message = refused.message
    if message.startswith("no such item"):
        return HttpRefusal(404)
    if message.startswith("no such command") and method in _VERBS:
        return HttpRefusal(406, f"no such command or directory ({_VERBS[method]})")
    if message.startswith("not enough permissions"):
        return HttpRefusal(500, message)
    argument = message.removeprefix("missing value(s) of argument(s) ")
    return HttpRefusal(400, f"missing ={argument}=" if argument != message else message)
