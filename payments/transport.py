"""One HTTP request over a connection of its own, which ends in time whatever the server does.

Built on the transport of `requests`, below its sessions: those follow the environment's proxies,
keep cookies, and read the body of a redirect to its end, however long it is.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import certifi
from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

LARGEST_BODY = 1_048_576  # bytes, as they are once they are decoded
_CHUNK = 65_536

# Given the addresses that a host resolved to and the port, raises if one may not be connected to.
Check = Callable[[list[str], int], object]


class Deadline:
    """The moment by which a whole call must be over, however many waits it is made of."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never less than zero."""
        return max(0.0, self._at - time.monotonic())


@dataclass(frozen=True)
class Answer:
    """What a server answered, whatever its status; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class Failed(Exception):
    """There is no answer. `was_sent` says whether a byte of the request may have left."""

    def __init__(self, *, was_sent: bool, is_late: bool, is_too_large: bool = False) -> None:
        super().__init__()
        self.is_too_large = is_too_large
        self.was_sent = was_sent
        self.is_late = is_late


def exchange(
    request: PreparedRequest,
    deadline: Deadline,
    *,
    check: Check | None = None,
    reads_body: bool = True,
) -> Answer:
    """Return what `request` is answered, of any status. Raises `Failed`, or what `check` raises.

    The host is resolved once, and what `check` has seen is what is connected to.
    """
    call = _Call(deadline, check)
    adapter = _Adapter(call)
    try:
        with closing(adapter), closing(adapter.send(request, stream=True)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = _body_of(response.raw) if reads_body else b""
            return Answer(response.status_code, headers, body)
    except _TooLarge:
        failure = Failed(was_sent=True, is_late=False, is_too_large=True)
    except _FAILURES:
        failure = call.failure()
    # Out here, for an error that was raised in there would carry the request as its context.
    raise failure


class _Call:
    """One request on its way: when it must be over, and whether any byte of it has left."""

    def __init__(self, deadline: Deadline, check: Check | None) -> None:
        self._deadline = deadline
        self.check = check
        self.was_sent = False

    def remaining(self) -> float:
        """Return how long the next wait may be; it is never 0, which would mean for ever."""
        left = self._deadline.remaining()
        if left <= 0:
            raise TimeoutError
        return left

    def failure(self) -> Failed:
        return Failed(was_sent=self.was_sent, is_late=not self._deadline.remaining())


class _TooLarge(Exception):
    pass


# What can come out of the transport whatever a server does.
_FAILURES = (RequestException, HTTPError, HTTPException, OSError, ValueError)


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
    if call.check:
        call.check([str(address[0]) for *_, address in addresses], port)
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
