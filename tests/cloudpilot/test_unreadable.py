"""Requests that the web server refuses itself are answered in JSON, like all others."""

import json
import os
import socket
from contextlib import ExitStack

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from cloudpilot import gunicorn_conf


@pytest.fixture
def worker():
    cfg = Config()
    cfg.set("worker_class", gunicorn_conf.worker_class)
    worker = ThreadWorker(0, os.getpid(), [], None, 10, cfg, Logger(cfg))
    yield worker
    worker.tmp.close()


def answer(worker, sent):
    """Send bytes to a worker of gunicorn; return the status, the headers and what is in the body."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        client = stack.enter_context(socket.create_connection(server.getsockname(), timeout=10))
        ours, address = server.accept()
        stack.enter_context(ours)
        client.sendall(sent)
        worker.handle(TConn(worker.cfg, ours, address, server.getsockname()))
        ours.shutdown(socket.SHUT_WR)
        head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    return status, dict(header.split(": ") for header in headers), json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1", "414 URI Too Long", "address_too_long"),
        (
            b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 9000,
            "431 Request Header Fields Too Large",
            "headers_too_large",
        ),
        (b"GET / HTTP/1.1\r\nX-API-Key: a\x01b", "400 Bad Request", "bad_request"),
        (b"GET / HTTP/1.1\r\nExpect: cake", "417 Expectation Failed", "bad_request"),
        (b"<script>", "400 Bad Request", "bad_request"),
    ],
)
def test_what_the_web_server_cannot_read_is_refused_in_json(worker, sent, status, code):
    said, headers, body = answer(worker, sent + b"\r\nHost: localhost\r\n\r\n")

    assert said == f"HTTP/1.1 {status}"
    assert (headers["Content-Type"], headers["Connection"]) == ("application/json", "close")
    assert body["code"] == code
    assert body.keys() == {"error", "code"}
