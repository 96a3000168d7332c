"""Providers that do exactly what a test says, byte by byte."""

import contextlib
import json
import time

from payments.gateways.base import Environment
from payments.gateways.http import Client, Deadline
from tests.routers.routeros.servers import Peer, Server, wait_for_the_end

__all__ = [
    "Server",
    "answering",
    "answers",
    "client_at",
    "hear",
    "reply",
    "soon",
    "wait_for_the_end",
]


def hear(peer: Peer) -> bytes:
    """Read one HTTP request, with its body if it has one."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += peer.read(1)
    _, _, length = head.lower().partition(b"content-length:")
    return head + peer.read(int(length.split()[0]) if length else 0)


def reply(status=200, body=b"{}", **headers):
    """Return an HTTP answer; what is no bytes is sent as JSON."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Length": str(len(payload)), "Connection": "close"} | headers
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).replace("_", "-").encode() + payload


def answers(*payloads):
    """Return a server that gives these answers, a connection each, and keeps what it was asked."""
    left = list(payloads)

    def serve(peer):
        peer.request = hear(peer)
        peer.sock.sendall(left.pop(0))

    return Server(serve)


def answering(payload):
    """Return a server that gives everybody the same bytes."""

    def serve(peer):
        peer.request = hear(peer)
        peer.sock.sendall(payload)

    return Server(serve)


def dripping(start, bit, *, every=0.02):
    """Return a server that says `start`, and then `bit` after `bit` for as long as it is heard."""

    def serve(peer):
        hear(peer)
        peer.sock.sendall(start)
        with contextlib.suppress(OSError):
            while True:
                time.sleep(every)
                peer.sock.sendall(bit)

    return Server(serve)


def client_at(server, **kwargs):
    """Return a client of the provider that this server plays, in both environments."""
    return Client({}, base_url=f"http://127.0.0.1:{server.port}", **kwargs)


def soon() -> Deadline:
    """Return a deadline that only a hanging test meets."""
    return Deadline(10)


def ask(client, path="charges", *, deadline=None, method="POST", **kwargs):
    if method == "POST" and "form" not in kwargs:
        kwargs.setdefault("body", {"amount": 20})
    return client.send(Environment.SANDBOX, method, path, deadline=deadline or soon(), **kwargs)
