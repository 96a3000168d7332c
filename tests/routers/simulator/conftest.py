import time

import librouteros
import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire


@pytest.fixture
def simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def device(simulator):
    return simulator.devices[0]


@pytest.fixture
def wire(device):
    with Wire(device.port("api")) as wire:
        yield wire


@pytest.fixture
def api(device):
    api = librouteros.connect(
        host="127.0.0.1",
        username="admin",
        password="admin",
        port=device.port("api"),
        encoding="utf-8",
        timeout=5,
    )
    yield api
    api.close()


@pytest.fixture
def eventually():
    """Wait for what another thread is about to do, no longer than it takes."""

    def wait(holds, seconds=20):
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.002)

    return wait
