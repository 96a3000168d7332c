from datetime import timedelta

import pytest

from tests.routers.simulator.wire import Wire

SCHEDULER = "/system/scheduler"


def schedule(device, name="x", event=":log info x", **row):
    pairs = {key.replace("_", "-"): value for key, value in row.items()}
    return device.add(SCHEDULER, {"name": name, "on-event": event, **pairs})


def logged(device):
    return [row["message"] for row in device.rows("/log")]


def test_an_entry_runs_first_when_one_interval_is_over(device):
    schedule(device, interval="1m")

    device.advance(59)
    assert logged(device) == []
    device.advance(2)

    assert logged(device) == ["x"]
    assert device.rows(SCHEDULER)[0]["run-count"] == "1"


def test_entries_run_in_order_each_at_its_own_time(device):
    schedule(device, "b", ":log info b", interval="40s")
    schedule(device, "a", ":log info a", interval="30s")

    device.advance(100)

    assert logged(device) == ["a", "b", "a", "b", "a"]
    times = [row["time"] for row in device.rows("/log")]
    assert len(set(times)) == 5


def test_an_entry_without_an_interval_runs_once_at_its_start(device):
    start = device.router.now() + timedelta(minutes=59)
    schedule(device, start_date=f"{start:%Y-%m-%d}", start_time=f"{start:%H:%M:%S}")

    device.advance(3601)
    device.advance(86400)

    assert logged(device) == ["x"]
    assert "next-run" not in device.rows(SCHEDULER)[0]


def test_what_starts_with_the_router_runs_at_each_boot(device):
    schedule(device, start_time="startup")

    for _ in range(2):
        device.reboot()
        device.advance(4)
        assert logged(device) == ["router rebooted", "x"]

    assert device.rows(SCHEDULER)[0]["run-count"] == "2"


def test_a_disabled_entry_does_not_run(device):
    schedule(device, interval="1m", disabled="yes")

    device.advance(120)
    assert logged(device) == []
    assert "next-run" not in device.rows(SCHEDULER)[0]
    device.set(SCHEDULER, "x", {"disabled": "no"})
    device.advance(61)

    assert logged(device) == ["x"]


def test_an_entry_may_remove_itself(device):
    schedule(device, event='/system scheduler remove [find name="x"]', interval="1m")

    device.advance(600)

    assert device.rows(SCHEDULER) == []
    assert logged(device) == []


def test_an_entry_may_name_a_script(device):
    device.add("/system/script", {"name": "hello", "source": ":log info hello"})
    schedule(device, event="hello", interval="1m")

    device.advance(61)

    assert logged(device) == ["hello"]


def test_a_mistake_is_in_the_log_and_the_entry_runs_again(device):
    schedule(device, event=":error oops", interval="1m")

    device.advance(121)

    assert logged(device) == ["script error: oops"] * 2


def test_an_entry_survives_a_reboot_and_a_paused_script_does_not(device):
    schedule(device, interval="1m")
    device.run_script(":delay 10s; :log info paused")

    device.reboot()
    device.advance(61)

    assert logged(device) == ["router rebooted", "x"]


def test_an_entry_runs_by_itself_as_time_passes(device, eventually):
    schedule(device, interval="1s")

    eventually(lambda: device.router.loaded("/log") and device.router.loaded("/log").rows)


@pytest.fixture
def limited(device):
    """Log in as somebody who may do little."""
    device.add("/user/group", {"name": "some", "policy": "api,read,write,test"})
    device.add("/user", {"name": "ana", "password": "x", "group": "some"})
    with Wire(device.port("api"), login=("ana", "x")) as wire:
        yield wire


def test_an_entry_runs_with_the_rights_of_whoever_made_it(device, limited):
    event = "=on-event=/user add name=eve group=full"
    words = ("=name=x", "=interval=1m", "=policy=read,write,test", event)

    limited.talk(f"{SCHEDULER}/add", *words)
    device.advance(61)

    assert device.rows(SCHEDULER)[0]["owner"] == "ana"
    assert logged(device)[-1] == "script error: not enough permissions (9)"


def test_nobody_gives_away_policies_that_they_have_not_got(device, limited):
    limited.talk(f"{SCHEDULER}/add", "=name=x", "=policy=read,write,test")

    (refusal, _) = limited.talk(f"{SCHEDULER}/set", "=.id=x", "=policy=read,policy")

    assert refusal[-1] == "=message=not enough permissions (9)"


@pytest.mark.parametrize("word", ["start-time=25:00:00", "start-time=soon", "interval=often"])
def test_a_time_that_is_none_is_refused(wire, word):
    (refusal, _) = wire.talk(f"{SCHEDULER}/add", "=name=x", f"={word}")

    assert "invalid value" in refusal[-1]
