import certifi
import pytest

from payments import transport


@pytest.fixture
def trust(monkeypatch):
    """Return a function that has us believe a certificate, as if it were one of the world's."""

    def believe(path):
        monkeypatch.setattr(certifi, "where", lambda: str(path))
        transport._trust.cache_clear()

    yield believe
    transport._trust.cache_clear()
