from collections.abc import Iterator
from contextlib import closing

import pytest

from routers.routeros import Endpoint, Pool
from routers.simulator import Device, Simulator

from .support import TRANSPORTS, Clock, endpoint_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> Iterator[Pool]:
    with closing(Pool(clock=clock)) as pool:
        yield pool


@pytest.fixture
def device() -> Iterator[Device]:
    with Simulator(services=TRANSPORTS) as simulator:
        yield simulator.devices[0]


@pytest.fixture
def endpoint(device: Device) -> Endpoint:
    return endpoint_of(device)
