"""The one seam where the errors of sockets, TLS, HTTP and librouteros become ours."""

import http.client
import json
import socket
import ssl

import librouteros.exceptions

from routers.routeros.errors import NotRouterOS, TimedOut, TlsUntrusted, Unavailable, Unreachable

_CLOSED = "The router closed the connection."
_BROKEN_TLS = "The router offers no TLS connection that can be trusted."

# First match wins, so a class stands above its bases. The sentences are ours: those of the
# libraries name addresses and files, and reach people who should see neither.
FOREIGN: tuple[tuple[type[Exception], type[Unavailable], str], ...] = (
    (TimeoutError, TimedOut, ""),
    (ConnectionRefusedError, Unreachable, "The router refused the connection."),
    (ConnectionError, Unreachable, _CLOSED),
    (ssl.SSLEOFError, Unreachable, _CLOSED),
    (ssl.SSLZeroReturnError, Unreachable, _CLOSED),
    (ssl.SSLError, TlsUntrusted, _BROKEN_TLS),
    (socket.gaierror, Unreachable, "The router's name has no address."),
    (OSError, Unreachable, ""),
    (http.client.IncompleteRead, Unreachable, _CLOSED),
    (http.client.HTTPException, NotRouterOS, ""),
    (json.JSONDecodeError, NotRouterOS, ""),
    (RecursionError, NotRouterOS, ""),  # JSON nested without end
    (librouteros.exceptions.ConnectionClosed, Unreachable, _CLOSED),
    (librouteros.exceptions.LibRouterosError, NotRouterOS, ""),
)
_CLASSES = tuple(foreign for foreign, _, _ in FOREIGN)


class translated:
    """Raise the errors of libraries within the block as ours."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if isinstance(error, _CLASSES):
            raise translate(error) from error


def translate(error: Exception) -> Unavailable:
    for foreign, ours, message in FOREIGN:
        if isinstance(error, foreign):
            return ours(message)
    raise TypeError(f"{type(error).__name__} has no translation.")
