import pytest

from routers import connections
from routers.simulator import Simulator
from tests.factories import RouterFactory

SIZE = 30


@pytest.fixture(scope="package")
def _fleet_simulator():
    with Simulator(SIZE) as simulator:
        yield simulator


@pytest.fixture
def devices(_fleet_simulator):
    """Thirty simulated routers, with nothing wrong."""
    yield _fleet_simulator.devices
    connections.close()
    for device in _fleet_simulator.devices:
        device.faults.clear()
        device.factory_reset()
        device.sentences.clear()


@pytest.fixture
def fleet(operator, devices):
    """The operator's routers, one for each of `devices`."""
    company = operator.personal_company
    return [RouterFactory(company=company, port=device.port("api")) for device in devices]
