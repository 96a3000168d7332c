import pytest

from routers.reconcile import services
from routers.reconcile.providers import PROVIDERS
from routers.simulator import Simulator
from tests.routers.reconcile.support import Bench

VERSIONS = ["6.49.19", "7.9.2", "7.16.2", "7.21.4"]


@pytest.fixture(scope="session", params=VERSIONS)
def _bench(request):
    with Simulator(version=request.param) as simulator, Bench(simulator.devices[0]) as bench:
        yield bench


@pytest.fixture
def bench(_bench):
    """A simulated router of each version, as it comes from the factory."""
    _bench.restore()
    return _bench


@pytest.fixture
def wanted(monkeypatch):
    """What an app wants of every router: add to it, or take from it."""
    rows = []
    monkeypatch.setitem(PROVIDERS, "test", lambda router: list(rows))
    return rows


@pytest.fixture
def make_pass(router):
    """Make a pass over the operator's router, because something is wanted that was not before."""

    def act():
        services.mark_dirty([router.pk])
        return services.reconcile(router)

    return act
