"""`manage.py simulate_router`, and the control endpoint."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from routers.simulator import Simulator
from routers.simulator.control import Control
from routers.simulator.faults import parse_fault
from tests.routers.simulator.wire import Wire

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_announces_its_routers_and_stops_when_told(how):
    words = "--count 2 --rest --version 7.20.8 --username ana --password x --fault clock-skew=60"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_router", *words.split()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    with process:
        lines = [process.stdout.readline().split() for _ in range(4)]
        port = int(lines[0][-1].rpartition(":")[2])
        with Wire(port, login=("ana", "x")) as wire:
            row, _ = wire.talk("/system/resource/print", "=.proplist=version")
        process.send_signal(how)

    assert [line[:2] for line in lines] == [["listening", "on"]] * 2 + [["rest", "on"]] * 2
    assert row[-1] == "=version=7.20.8 (stable)"
    assert process.returncode == 0


def test_a_fleet_is_not_held_back_by_a_low_limit_of_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "simulate_router", "--count", "70"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)),
    )
    with process:
        lines = [process.stdout.readline() for _ in range(70)]
        process.terminate()

    assert all(line.startswith("listening on") for line in lines)


@pytest.fixture
def simulator():
    with Simulator(4) as simulator:
        yield simulator


@pytest.fixture
def control(simulator):
    control = Control(simulator.devices)
    control.start()
    with requests.Session() as session:
        session.trust_env = False
        yield lambda method, path, **more: session.request(method, control.url + path, **more)
    control.stop()


def test_control_shows_and_sets_faults(control, device):
    shown = control("POST", "/0/faults", json={"latency": 0.01, "max_sessions": 3}).json()
    assert shown["faults"]["latency"] == device.faults.now.latency == 0.01

    control("POST", "/0/faults", json={"latency": None})

    assert (device.faults.now.latency, device.faults.now.max_sessions) == (0, 3)


def test_control_pushes_the_clock_and_restarts(control, device):
    control("POST", "/0/advance", json={"seconds": 3600})
    assert device.rows("/system/resource")[0]["uptime"].startswith("1h")

    control("POST", "/0/reboot")

    assert device.rows("/system/resource")[0]["uptime"] == "0s"


def test_control_moves_guests(control, device):
    device.add("/ip/hotspot/user", {"name": "007", "password": "007"})
    guest = {"mac": "AA:BB:CC:00:00:01"}

    control("POST", "/0/guests/arrive", json={**guest, "address": "192.168.88.20"})
    refused = control("POST", "/0/guests/log_in", json={**guest, "user": "7", "password": "7"})
    control("POST", "/0/guests/log_in", json={**guest, "user": "007", "password": "007"})
    online = [row["user"] for row in control("GET", "/0/rows/ip/hotspot/active").json()]
    control("POST", "/0/guests/log_out", json=guest)

    assert (refused.status_code, list(refused.json())) == (404, ["error"])
    assert online == ["007"]
    assert device.rows("/ip/hotspot/active") == []


def test_control_shows_rows(control):
    assert control("GET", "/0/rows/system/identity").json() == [{"name": "MikroTik"}]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/7", None, 404),
        ("GET", "/0/rows/aasasa", None, 404),
        ("POST", "/0/explode", {}, 404),
        ("POST", "/0/faults", {"gremlins": 1}, 400),
        ("POST", "/0/advance", {}, 404),
        ("POST", "/0/guests/arrive", {"mac": "AA:BB:CC:00:00:01"}, 400),
        ("POST", "/0/guests/sing", {}, 404),
        ("GET", "/x", None, 400),
    ],
)
def test_control_refuses_what_it_does_not_know(control, method, path, body, status):
    reply = control(method, path, json=body)

    assert (reply.status_code, list(reply.json())) == (status, ["error"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("silent", ("silent", True)),
        ("silent=no", ("silent", False)),
        ("latency=0.04", ("latency", 0.04)),
        ("cut-after=100", ("cut_after", 100)),
        ("busy", ("busy", 0.02)),
    ],
)
def test_faults_are_read_from_a_command_line(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("chosen", "silent"),
    [({}, [0, 1, 2, 3]), ({"every": 2}, [0, 2]), ({"devices": [1, 3]}, [1, 3])],
)
def test_control_sets_faults_of_many_at_once(control, simulator, chosen, silent):
    answer = control("POST", "/faults", json={**chosen, "silent": True})

    assert answer.json() == {"devices": silent}
    assert [d.identity.number for d in simulator.devices if d.faults.now.silent] == silent
    control("POST", "/faults", json={})
    assert not any(device.faults.now.silent for device in simulator.devices)


@pytest.mark.parametrize(
    "chosen", [{"every": 0}, {"devices": [9]}, {"devices": 1}, {"nonsense": 1}]
)
def test_control_refuses_what_makes_no_sense_of_many(control, chosen):
    assert control("POST", "/faults", json=chosen).status_code in (400, 404)
