import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.payments.simulator import clients


@dataclass
class Received:
    path: str
    query: dict
    headers: dict  # names in lower case
    body: bytes


class Merchant:
    """Somebody who takes webhooks, and answers them with `status`."""

    def __init__(self):
        self.received = []
        self.status = 200
        handler = type("Handler", (_Handler,), {"merchant": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        parts = urlsplit(self.path)
        self.merchant.received.append(
            Received(
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(self.headers["Content-Length"])),
            )
        )
        self.send_response(self.merchant.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def merchant():
    merchant = Merchant()
    yield merchant
    merchant.stop()


@pytest.fixture
def http():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def kopokopo(providers, http, merchant):
    return clients.KopoKopo(providers, http, merchant)


@pytest.fixture
def intasend(providers, http, merchant):
    return clients.IntaSend(providers, http, merchant)


@pytest.fixture
def mercadopago(providers, http, merchant):
    return clients.MercadoPago(providers, http, merchant)


@pytest.fixture
def conekta(providers, http, merchant):
    return clients.Conekta(providers, http, merchant)


@pytest.fixture
def daraja(providers, http, merchant):
    return clients.Daraja(providers, http, merchant)


@pytest.fixture(params=clients.SHOPS, ids=lambda shop: shop.slug)
def shop(request, providers, http, merchant):
    """A merchant at each of the providers in turn."""
    return request.param(providers, http, merchant)
