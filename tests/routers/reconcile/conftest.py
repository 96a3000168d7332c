import pytest

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
