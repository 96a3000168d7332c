import socket
from threading import Event

import pytest

from routers import connections


@pytest.fixture
def unused_port():
    """A port that is taken, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def asked(monkeypatch):
    """An event that is set once a router is being asked."""
    event = Event()
    resolve = connections.resolve

    def resolving(*args):
        event.set()
        return resolve(*args)

    monkeypatch.setattr(connections, "resolve", resolving)
    return event
