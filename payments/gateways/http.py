"""The one way out to the providers: each call ends in time, and says what may have been done.

Built on the transport of `requests`, below its sessions: those follow the environment's proxies,
keep cookies, and read the body of a redirect to its end, however long it is.
"""

import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from http import HTTPStatus
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
from requests import PreparedRequest, Request, RequestException
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from payments.gateways import reading
from payments.gateways.base import Environment
from payments.gateways.errors import Declined, GatewayError, KeysRefused, NotSent, Unknown
from payments.gateways.lanes import Lane

LARGEST_BODY = 1_048_576  # bytes, as they are once they are decoded
_CHUNK = 65_536
# Who answers so does not answer for the provider: what stands before it says that it is away.
_AWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class Deadline:
    """The moment by which a whole call must be over, however many waits it is made of."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never less than zero."""
        return max(0.0, self._at - time.monotonic())


@dataclass(frozen=True)
class Answer:
    """What a provider answered, whatever its status; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @cached_property
    def data(self) -> Any:
        """The body as JSON, with numbers as `Decimal`; None if it is none."""
        return reading.parse(self.body)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class Client:
    """Calls one provider, at `base_url` or else at its own host of each environment.

    `before_call` is run before anything is sent; it may raise, to say that now is no time to wait.
    """

    def __init__(
        self,
        hosts: Mapping[Environment, str],
        *,
        base_url: str = "",
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._base_urls = {
            environment: (base_url or hosts[environment]).rstrip("/") for environment in Environment
        }
        self._before_call = before_call
        self._lanes = {environment: Lane() for environment in Environment}

    def send(
        self,
        environment: Environment,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer, of any status. Raises `NotSent` or `Unknown`, and nothing else.

        `body` is sent as JSON, `form` as a form.
        """
        if self._before_call:
            self._before_call()
        url = f"{self._base_urls[environment]}/{path.lstrip('/')}"
        request = _prepared(method, url, headers or {}, params or {}, body, form)
        with self._lanes[environment].visit(deadline.remaining()) as visit:
            answer = _exchange(request, _Call(deadline))
            visit.went_well = answer.status not in _AWAY
            return answer

    def is_own_link(self, environment: Environment, link: str, *others: str) -> bool:
        """Say whether a link in an answer leads to where we ask anyway, or to one of `others`.

        Whoever follows another one hands the account's access token to strangers.
        """
        try:
            return _origin(link) in {
                _origin(url) for url in (self._base_urls[environment], *others)
            }
        except ValueError:
            return False


def refusal(answer: Answer, *, code: str = "", provider_ref: str = "") -> GatewayError:
    """Return the error that an unwelcome answer to a request that changes something means.

    `code` is why, where the provider says so in a way that we know.
    """
    status = answer.status
    if status == HTTPStatus.UNAUTHORIZED:
        return KeysRefused("keys_refused")
    if status == HTTPStatus.FORBIDDEN:
        # A page instead of data comes from a wall before the provider, not from the provider.
        is_theirs = isinstance(answer.data, dict)
        return KeysRefused("keys_refused") if is_theirs else NotSent("provider_unreachable")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotSent("rate_limited", retry_after=retry_after(answer))
    if status in {HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY}:
        return NotSent("provider_busy", retry_after=retry_after(answer))
    in_doubt = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.FAILED_DEPENDENCY}
    if 400 <= status < 500 and status not in in_doubt:
        return Declined(code or "refused", provider_ref=provider_ref)
    return Unknown("bad_answer" if status < 500 else "provider_failed")


def retry_after(answer: Answer) -> float | None:
    """Return the seconds that the answer asks to wait, an hour at most."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), 3600.0) if re.fullmatch(r"[0-9]{1,6}", said) else None


def _prepared(
    method: str,
    url: str,
    headers: Mapping[str, str],
    params: Mapping[str, str],
    body: Any,
    form: Mapping[str, str] | None,
) -> PreparedRequest:
    if any(not (value.isascii() and value.isprintable()) for value in headers.values()):
        # Only keys come from people, and no provider makes such.
        raise KeysRefused("keys_refused")
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
    data = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    elif form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        data = urlencode(form).encode()
    return Request(method, url, headers=sent | dict(headers), params=params, data=data).prepare()


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default


# --- One exchange ---------------------------------------------------------------------------


class _Call:
    """One request on its way: when it must be over, and whether any byte of it has left."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.was_sent = False

    def remaining(self) -> float:
        """Return how long the next wait may be; it is never 0, which would mean for ever."""
        left = self._deadline.remaining()
        if left <= 0:
            raise TimeoutError
        return left

    def failure(self) -> GatewayError:
        is_late = not self._deadline.remaining()
        if self.was_sent:
            return Unknown("provider_timeout" if is_late else "bad_answer")
        return NotSent("provider_timeout" if is_late else "provider_unreachable")


class _TooLarge(Exception):
    pass


# What can come out of the transport whatever a server does.
_FAILURES = (RequestException, HTTPError, HTTPException, OSError, ValueError)


def _exchange(request: PreparedRequest, call: _Call) -> Answer:
    adapter = _Adapter(call)
    is_too_large = False
    try:
        with closing(adapter), closing(adapter.send(request, stream=True)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _body_of(response.raw))
    except _TooLarge:
        is_too_large = True
    except _FAILURES:
        pass
    # Out here, for an error that was raised in there would carry the request as its context.
    raise Unknown("answer_too_large") if is_too_large else call.failure()


def _body_of(raw: Any) -> bytes:
    body = b""
    while chunk := raw.read(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _TooLarge
    return body


class _Adapter(HTTPAdapter):
    """Carries one request over a connection of its own.

    A connection that was kept could be found closed only after a charge was written to it: nobody
    would know what became of that charge.
    """

    def __init__(self, call: _Call) -> None:
        super().__init__()
        self._call = call
        self._pool: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        parts = urlsplit(str(request.url))
        if parts.scheme == "https":
            self._pool = _SecurePool(
                str(parts.hostname), parts.port, ssl_context=_trust(), call=self._call
            )
        else:
            self._pool = _Pool(str(parts.hostname), parts.port, call=self._call)
        return self._pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave alone what `_trust` says."""

    def close(self) -> None:
        if self._pool:
            self._pool.close()
        super().close()


class _InTime:
    """Ends each wait of a socket with the call that it is for."""

    call: _Call

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.call.remaining())  # type: ignore[attr-defined]
        received: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        return received

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(self.call.remaining())  # type: ignore[attr-defined]
        super().sendall(*args, **kwargs)  # type: ignore[misc]

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.call.remaining())  # type: ignore[attr-defined]
        sent: int = super().send(*args, **kwargs)  # type: ignore[misc]
        return sent


class _Socket(_InTime, socket.socket):
    pass


class _TlsSocket(_InTime, ssl.SSLSocket):
    pass


@cache
def _trust() -> ssl.SSLContext:
    """Return whom we believe to be who they say; reading it takes some 20 ms."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    return context


class _InTimeConnection:
    """Connects, sends and reads within a call, and notes when the first byte leaves."""

    sock: Any

    def __init__(self, *args: Any, call: _Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._call = call

    def _new_conn(self) -> socket.socket:
        return _connected(self.host, self.port, self._call)  # type: ignore[attr-defined]

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock.call = self._call

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self._call.was_sent = True
        super().send(data)  # type: ignore[misc]


class _Connection(_InTimeConnection, HTTPConnection):
    pass


class _SecureConnection(_InTimeConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _connected(host: str, port: int, call: _Call) -> socket.socket:
    """Try the host's addresses in turn; one that is silent leaves time for those after it."""
    addresses = _addresses(host, port, call)
    error: OSError = TimeoutError()
    for left, (family, kind, protocol, _, address) in zip(
        range(len(addresses), 0, -1), addresses, strict=True
    ):
        sock = _Socket(family, kind, protocol)
        sock.call = call
        try:
            sock.settimeout(call.remaining() / left)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(call.remaining())  # for the TLS handshake, which is one wait
        except OSError as failed:
            sock.close()
            error = failed
        else:
            return sock
    raise error


def _addresses(host: str, port: int, call: _Call) -> list[Any]:
    with suppress(OSError):  # a number is no name, and nobody has to be asked for it
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    # getaddrinfo knows no timeout, so it waits in a thread that outlives the call if need be.
    found: SimpleQueue[list[Any]] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, found), daemon=True).start()
    try:
        return found.get(timeout=call.remaining())
    except Empty:
        raise TimeoutError from None


def _look_up(host: str, port: int, found: "SimpleQueue[list[Any]]") -> None:
    try:
        found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        found.put([])
