"""Whom notices go to, played on this machine: a receiver of webhooks, Telegram, a mail server."""

import json
import ssl
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Heard:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self):
        return json.loads(self.body)


class HttpServer:
    """Hears what is posted to it, and answers as it is told: with 200 unless it was told more.

    An answer is a status, a body and headers, or a function that is given the connection.
    """

    def __init__(self, certificate=None):
        self.heard = []
        self.names = []  # that were asked for in TLS
        self.answers = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.sni_callback = lambda sock, name, context: self.names.append(name)
            # The handshake belongs in the connection's own thread.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http://127.0.0.1:{self.port}"

    def answer(self, status=200, body=None, *, times=1, **headers):
        self.answers.extend([(status, body, headers)] * times)

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def reset(self):
        self.heard.clear()
        self.answers.clear()


def _handler_for(server):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.heard.append(Heard(self.path, headers, body))
            answer = server.answers.popleft() if server.answers else (200, None, {})
            status, said, more = answer
            if callable(said):
                said(self)
                return
            payload = json.dumps(said).encode() if said is not None else b""
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args):
            pass

    return Handler
