"""HTTP as providers speak it: loopback only, a thread for each connection."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from payments.simulator.messages import Request, Response

Answer = Callable[[Request], Response]

_MOST = 1 << 20  # bytes of a request's body


class Server:
    """Serves `answer` on 127.0.0.1 from `start` to `stop`."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self._server = _Server(answer, port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="providers", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.drop_connections()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer: Answer, port: int) -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Wake the threads that still wait for a next request; each closes its own connection."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who hang up; whatever else went wrong was answered with 500."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._reply()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard output belongs to the addresses."""

    def _reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST:
            self.close_connection = True
            self.send_error(413)
            return
        response = self.server.answer(self._read(length))
        if response.before:
            response.before()
        if response.ended:
            response.ended()
        if response.dropped:
            self._reset()
        else:
            self._send(response)

    def _read(self, length: int) -> Request:
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            base=f"http://{self.headers.get('Host', '')}",
        )

    def _send(self, response: Response) -> None:
        reason = HTTPStatus(response.status).phrase
        lines = [f"HTTP/1.1 {response.status} {reason}", f"Content-Length: {len(response.body)}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        if response.truncate is not None:
            self.wfile.write(head + response.body[: response.truncate])
            self.close_connection = True
        elif response.drip:
            self._drip(head + response.body, response.drip)
        else:
            self.wfile.write(head + response.body)

    def _drip(self, data: bytes, seconds: float) -> None:
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(seconds)

    def _reset(self) -> None:
        """End the connection as a broken one ends: the caller's read fails."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Both files must let go of the socket, or closing it would not yet send anything.
        self.rfile.close()
        self.connection.close()
