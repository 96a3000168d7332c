"""The REST service of RouterOS 7.1 and later, one request at a time over one connection."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any
from urllib.parse import quote

from routers.routeros.api import text
from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import AuthFailed, NotRouterOS, Refused, Unreachable, refusal
from routers.routeros.session import Connection
from routers.routeros.stream import Stream

_MOST_ROWS = 100_000
_TOO_MANY = "The router's answer has more rows than any real one."


class RestSession(Connection):
    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._headers = ""

    def log_in(self, endpoint: Endpoint, deadline: Deadline) -> None:
        self._headers = _headers(endpoint)
        with self._exchange(deadline):
            # A plain GET, for what is there may not be a router.
            met = self._request("GET", "/system/resource")
            if isinstance(met, Refused):
                raise met
            if not any(row.keys() >= {"version", "board-name"} for row in met.rows):
                raise NotRouterOS

    def run_many(self, commands: Sequence[Command], deadline: Deadline) -> list[Reply | Refused]:
        with self._exchange(deadline):
            return [self._carry_out(command) for command in commands]

    def _carry_out(self, command: Command) -> Reply | Refused:
        # HTTP has no tags: a byte that came unasked would be taken for this answer's beginning.
        if not self._stream.is_quiet():
            raise Unreachable("The router closed the connection.")
        method, path, body = _mapped(command)
        outcome = self._request(method, path, body)
        if isinstance(outcome, Refused) or method == "POST":
            return outcome
        # PUT and PATCH answer with the whole row, where the API answers with its id at most.
        row = outcome.rows[0] if outcome.rows else {}
        return Reply(ret=row.get(".id") if method == "PUT" else None)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Reply | Refused:
        payload = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /rest{path} HTTP/1.1\r\n{self._headers}Content-Length: {len(payload)}\r\n\r\n"
        self._stream.allow()
        self._stream.write(head.encode("ascii") + payload)

        response = HTTPResponse(_Incoming(self._stream), method=method)  # type: ignore[arg-type]
        response.begin()
        answer = text(response.read())
        if response.will_close:
            self._stream.close()
        return _outcome(response.status, answer)


class _Incoming:
    """The stream as the socket and the file that `HTTPResponse` asks for.

    To close it leaves the connection open, and what came after the answer stays in the stream,
    where it is found.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> "_Incoming":
        return self

    def readline(self, longest: int) -> bytes:
        return self._stream.read_line(longest)

    def read(self, size: int | None = None) -> bytes:
        return self._stream.read_all() if size is None or size < 0 else self._stream.read(size)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _headers(endpoint: Endpoint) -> str:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    credentials = b64encode(f"{endpoint.username}:{endpoint.password}".encode()).decode()
    return (
        f"Host: {host}:{endpoint.port}\r\n"
        f"Authorization: Basic {credentials}\r\n"
        "Accept: application/json\r\n"
        # Exactly so: RouterOS before 7.2 refuses a charset.
        "Content-Type: application/json\r\n"
    )


def _mapped(command: Command) -> tuple[str, str, dict[str, Any]]:
    """Return the method, path and body that mean `command`.

    `print` is a POST because GET knows neither the query stack nor flags such as `count-only`.
    """
    menu = command.menu.rstrip("/")
    body: dict[str, Any] = dict(command.attributes)
    if command.verb == "add":
        return "PUT", menu, body
    if command.verb == "unset" and body.keys() == {".id", "value-name"}:
        # RouterOS 7.21 refuses POST here.
        return "PATCH", f"{menu}/{quote(body['.id'], safe='*')}", {body["value-name"]: None}
    if command.verb == "set" and ".id" in body and any(name[0] == "!" for name in body):
        # Here as well: what is null is unset, and nobody has seen `!name` work in a POST.
        row = body.pop(".id")
        values = {n.removeprefix("!"): None if n[0] == "!" else v for n, v in body.items()}
        return "PATCH", f"{menu}/{quote(row, safe='*')}", values
    if command.queries:
        body[".query"] = command.queries
    if command.proplist:
        body[".proplist"] = command.proplist
    return "POST", command.path, body


def _outcome(status: int, answer: str) -> Reply | Refused:
    if status == HTTPStatus.UNAUTHORIZED:
        raise AuthFailed
    data = _parse(answer) if answer.strip() else []
    if 200 <= status < 300:
        return _reply(data)
    # Redirects are not followed: no router sends one.
    if status < 400 or not isinstance(data, dict):
        raise NotRouterOS
    row = _row(data)
    return refusal(row.get("detail") or row.get("message", ""), status=status)


def _parse(answer: str) -> Any:
    # Beforehand: three bytes of `{},` cost a hundred once they are parsed.
    if answer.count("{") + answer.count("[") > 2 * _MOST_ROWS:
        raise NotRouterOS(_TOO_MANY)
    # Numbers stay as they were written.
    return json.loads(answer, parse_int=str, parse_float=str)


def _reply(data: Any) -> Reply:
    if isinstance(data, dict) and data.keys() == {"ret"}:
        return Reply(ret=_value(data["ret"]))
    items = data if isinstance(data, list) else [data]
    if len(items) > _MOST_ROWS:
        raise NotRouterOS(_TOO_MANY)
    return Reply([_row(item) for item in items])


def _row(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise NotRouterOS
    return {_value(name): _value(value) for name, value in item.items()}


def _value(value: Any) -> str:
    """Return a JSON value as RouterOS prints it; today's RouterOS sends nothing but strings."""
    if isinstance(value, str):
        # JSON can escape half of a surrogate pair, which nobody could store or pass on.
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(_value(item) for item in value)
    raise NotRouterOS
