import pytest

from networks.keyupdate import rolling
from tests.networks.routers import settle


@pytest.fixture
def roll(network, devices, server_clock):
    """Take steps, and let the time pass that each asks for, until nothing is left to do now."""

    def act(*, at_least=0, meanwhile=settle):
        for _ in range(20):
            after = rolling.step(network.pk)
            if after is None:
                return
            pass_time(devices, server_clock, max(after, at_least))
            meanwhile()
        raise AssertionError("It never came to an end.")

    return act


def pass_time(devices, server_clock, seconds):
    server_clock.advance(seconds)
    for device in devices:
        device.advance(seconds)
