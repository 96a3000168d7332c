import time

import pytest

from tests.routers.simulator.wire import Wire

IDENTITY = "/system/identity/print"
QUIET = 0.05  # what a test waits for something that must not come


@pytest.fixture
def impatient(wire):
    wire.sock.settimeout(QUIET)
    return wire


def took(act):
    start = time.monotonic()
    act()
    return time.monotonic() - start


def test_latency_is_felt_by_running_connections(device, wire):
    device.faults.set(latency=0.03)

    assert took(lambda: wire.talk(IDENTITY)) >= 0.03


def test_latency_is_felt_on_connecting_and_on_login(device):
    device.faults.set(latency=0.03)

    def connect():
        Wire(device.port("api")).close()

    assert took(connect) >= 0.06


def test_latency_of_pipelined_commands_overlaps(device, wire):
    device.faults.set(latency=0.2)

    def pipeline():
        for number in range(20):
            wire.send(IDENTITY, f".tag={number}")
        for _ in range(40):
            wire.receive()

    assert 0.2 <= took(pipeline) < 3  # one after the other: 4


def test_a_refusing_router_resets_new_connections(device):
    device.faults.set(refuse=True)

    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        Wire(device.port("api"))


def test_a_silent_router_says_nothing_until_it_is_cured(device, impatient):
    device.faults.set(silent=True)
    impatient.send(IDENTITY)
    with pytest.raises(TimeoutError):
        impatient.sock.recv(1)

    device.faults.clear()
    impatient.sock.settimeout(3)

    assert impatient.sock.recv(100).startswith(b"\x03!re")


def test_a_stalling_router_stops_in_the_middle_of_a_reply(device, impatient):
    device.faults.set(stall=True)

    impatient.send(IDENTITY)

    assert impatient.sock.recv(100) == b"\x03!re\x0e=name=Mi"
    with pytest.raises(TimeoutError):
        impatient.sock.recv(1)


def test_a_dripping_router_sends_byte_by_byte(device, wire):
    device.faults.set(drip=0.001)

    assert took(lambda: wire.talk(IDENTITY)) >= 0.025


def test_a_line_can_be_cut_after_so_many_bytes(device, wire):
    device.faults.set(cut_after=6)

    wire.send(IDENTITY)

    assert wire.sock.makefile("rb").read() == b"\x03!re\x0e="


def test_a_reply_can_end_in_a_reset(device, wire):
    device.faults.set(reset=True)

    wire.send(IDENTITY)

    with pytest.raises(ConnectionResetError):
        wire.sock.makefile("rb").read()


def test_garbage_is_no_reply(device, wire):
    device.faults.set(garbage=True)

    wire.send(IDENTITY)

    assert not wire.sock.recv(100).startswith(b"\x03!re")


def test_an_endless_reply_has_rows_and_no_end(device, wire):
    device.faults.set(endless=True)

    wire.send(IDENTITY)

    assert {tuple(wire.receive()) for _ in range(1000)} == {("!re", "=name=MikroTik")}


def test_every_login_can_be_refused(device):
    device.faults.set(auth_fail=True)

    with Wire(device.port("api"), login=None) as wire:
        assert wire.talk("/login", "=name=admin", "=password=admin")[0][0] == "!trap"


def test_a_login_can_be_slow(device):
    device.faults.set(slow_login=0.05)

    assert took(lambda: Wire(device.port("api")).close()) >= 0.05


def test_a_loaded_router_answers_at_a_crawl(device, wire):
    device.faults.set(busy=0.01, busy_burst=0)

    def pipeline():
        for _ in range(10):
            wire.send("/ip/hotspot/active/print")
        for _ in range(10):
            wire.receive()

    assert took(pipeline) >= 0.09


def test_ids_can_be_duplicated(device, wire):
    device.faults.set(duplicate_ids=True)

    first, second, *_ = wire.talk("/interface/print", "=.proplist=.id")

    assert first == second


def test_sessions_past_the_limit_are_turned_away(device, wire, eventually):
    device.faults.set(max_sessions=1)
    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        Wire(device.port("api"))

    device.faults.clear()

    Wire(device.port("api")).close()


def test_the_services_own_limit_holds(device, wire):
    device.set("/ip/service", "api", {"max-sessions": "1"})

    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        Wire(device.port("api"))


def test_a_router_that_is_switched_off_comes_back_on_its_port(device, wire):
    port = device.port("api")
    device.switch_off()
    with pytest.raises(ConnectionRefusedError):
        Wire(port)

    device.switch_on()

    with Wire(port) as again:
        assert again.talk(IDENTITY)[0] == ["!re", "=name=MikroTik"]


def test_a_reboot_drops_connections_and_the_log(device, wire, eventually):
    assert wire.talk("/system/reboot") == [["!done"]]

    eventually(lambda: device.connections == 0)
    assert device.rows("/log")[0]["message"] == "router rebooted"


def test_a_factory_reset_forgets_the_configuration(device):
    device.add("/ip/hotspot/user", {"name": "bob"})
    device.set("/system/identity", "", {"name": "north"})

    device.factory_reset()

    assert [row["name"] for row in device.rows("/ip/hotspot/user")] == ["default-trial"]
    assert device.rows("/system/identity") == [{"name": "MikroTik"}]


def test_an_unknown_fault_is_refused(device):
    with pytest.raises(ValueError, match="no fault is called gremlins"):
        device.faults.set(gremlins=True)


def test_what_arrived_can_be_asked_for(device, wire):
    wire.talk(IDENTITY, ".tag=1")

    assert device.sentences[-1] == [IDENTITY, ".tag=1"]
