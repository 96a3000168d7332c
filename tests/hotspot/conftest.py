from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import PackageFactory


class ServerClock:
    """The server's own time, for tests to push forward; routers have theirs."""

    def __init__(self, monkeypatch):
        self._real = timezone.now
        self._pushed = timedelta()
        monkeypatch.setattr(timezone, "now", self)

    def __call__(self):
        return self._real() + self._pushed

    def advance(self, seconds):
        self._pushed += timedelta(seconds=seconds)


@pytest.fixture
def server_clock(monkeypatch):
    return ServerClock(monkeypatch)


@pytest.fixture
def package(router):
    """A package of the operator's simulated router: one hour, one device."""
    return PackageFactory(router=router)
