import threading

import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire


def test_each_router_of_a_fleet_has_its_own_port_and_state():
    with Simulator(3) as simulator:
        one, _, other = simulator.devices
        with Wire(one.port("api")) as wire:
            wire.talk("/system/identity/set", "=name=north")

        assert len({device.port("api") for device in simulator.devices}) == 3
        assert other.rows("/system/identity") == [{"name": "MikroTik"}]


def test_a_thousand_routers_fit_one_thread():
    before = threading.active_count()

    with Simulator(1000) as simulator:
        assert threading.active_count() == before + 1
        with Wire(simulator.devices[-1].port("api")) as wire:
            assert wire.talk("/system/identity/print")[-1] == ["!done"]


def test_a_simulator_can_be_started_again():
    simulator = Simulator()
    for _ in range(2):
        simulator.start()
        with Wire(simulator.devices[0].port("api")) as wire:
            assert wire.talk("/system/identity/print")[-1] == ["!done"]
        simulator.stop()
    simulator.stop()


def test_stopping_ends_connections():
    simulator = Simulator().start()
    with Wire(simulator.devices[0].port("api")) as wire:
        simulator.stop()

        with pytest.raises(ConnectionError):
            wire.talk("/system/identity/print")


def test_a_port_in_use_is_an_error_at_start(device):
    with pytest.raises(OSError, match="in use"):
        Simulator(ports={"api": device.port("api")}).start()


def test_an_unknown_service_is_refused():
    with pytest.raises(ValueError, match="gopher"):
        Simulator(services=("gopher",))
