"""The sweeps, against simulated routers of which some are away, silent or lie."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from routers import services, tasks
from routers.fleet import asking, sweeps
from routers.models import Router, RouterEvent, RouterSample, RouterStatus
from routers.routeros import Deadline
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.fleet.support import found
from tests.routers.support import at, heard

ASKED = "=.proplist=uptime,version,board-name,cpu-load,free-memory,total-memory"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(asking, "_FULL_PATIENCE", 1.0)
    monkeypatch.setattr(asking, "_patience", asking.Patience(unknown=2.0))


@pytest.fixture
def time():
    """Time that stands still until the test moves it."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def later(time, seconds=60):
    time.shift(timedelta(seconds=seconds))


def kinds():
    return list(RouterEvent.objects.order_by("pk").values_list("kind", flat=True))


def status_of(router):
    return RouterStatus.objects.get(pk=router.pk)


def online():
    return set(Router.objects.filter(is_online=True).values_list("pk", flat=True))


def test_a_sweep_writes_down_what_a_router_says_of_itself(router, device, client):
    sweeps.sweep_silent()

    shown = client.get(at(router)).json()
    assert shown["is_online"]
    assert shown["last_checked"] == shown["status"]["last_seen"] == shown["status"]["checked_at"]
    assert shown["status"]["version"].startswith("7.")
    assert (shown["status"]["board_name"], shown["status"]["reason"]) == ("hEX", "")
    assert shown["status"]["total_memory"] > shown["status"]["free_memory"] > 0
    assert 0 <= shown["status"]["cpu_load"] <= 100
    assert kinds() == ["online"]


def test_nobody_changed_a_router_that_was_swept(router, device):
    sweeps.sweep_silent()

    assert Router.objects.get().updated_at == router.updated_at


def test_a_router_that_answers_is_asked_once_a_sweep_over_one_connection(router, device, time):
    logins = device.logins
    sweeps.sweep_silent()
    device.sentences.clear()

    for _ in range(3):
        later(time)
        assert sweeps.sweep_fleet() == {"asked": 1, "late": 0}
        assert sweeps.sweep_silent() == {"asked": 0, "answered": 0}

    assert heard(device) == [["/system/resource/print", ASKED]] * 3
    assert device.logins == logins + 1


def test_routers_that_are_not_in_use_are_left_alone(operator, device):
    RouterFactory(owner=operator, port=device.port("api"), is_active=False)

    assert sweeps.sweep_silent()["asked"] == sweeps.sweep_fleet()["asked"] == 0


def test_an_account_that_may_not_read_is_online_all_the_same(router, device, client):
    group = {"name": "blind", "policy": "api"}
    services.execution.connections.probe(
        router, services.Command("/user/group", "add", group), Deadline(5)
    )
    services.execution.connections.probe(
        router,
        services.Command("/user", "add", {"name": "blind", "password": "blind", "group": "blind"}),
        Deadline(5),
    )
    client.patch(at(router), {"username": "blind", "password": "blind"})

    sweeps.sweep_silent()

    assert Router.objects.get().is_online
    assert status_of(router).version == ""


FAULTS = {
    "silent": ({"silent": True}, "timeout"),
    "garbage": ({"garbage": True}, "not_routeros"),
    "auth_fail": ({"auth_fail": True}, "auth_failed"),
    "refuse": ({"refuse": True}, "unreachable"),
    "stall": ({"stall": True}, "timeout"),
}


def test_of_thirty_routers_each_gets_what_is_true_of_it(fleet, devices, time):
    for number, (faults, _) in enumerate(FAULTS.values()):
        devices[number].faults.set(**faults)

    sweeps.sweep_silent()
    later(time)
    sweeps.sweep_silent()
    sweeps.sweep_fleet()

    assert online() == {router.pk for router in fleet[len(FAULTS) :]}
    reasons = {router.pk: status_of(router).reason for router in fleet}
    expected = [reason for _, reason in FAULTS.values()]
    assert list(reasons.values()) == expected + [""] * (len(fleet) - len(FAULTS))
    assert sorted(kinds()) == ["offline"] * len(FAULTS) + ["online"] * (len(fleet) - len(FAULTS))


def test_a_router_that_falls_silent_is_late_then_missed_then_offline(fleet, devices, time):
    sweeps.sweep_silent()
    sweeps.sweep_fleet()
    devices[0].faults.set(silent=True)

    later(time)
    assert sweeps.sweep_fleet() == {"asked": 30, "late": 1}
    assert status_of(fleet[0]).misses == 0
    sweeps.sweep_silent()
    assert (status_of(fleet[0]).misses, fleet[0].pk in online()) == (1, True)
    later(time)
    assert sweeps.sweep_fleet() == {"asked": 29, "late": 0}
    sweeps.sweep_silent()

    assert fleet[0].pk not in online()
    assert kinds()[-1] == "offline"
    assert "online" not in kinds()[30:]


def test_a_router_that_was_only_slow_once_has_missed_nothing(fleet, devices, time):
    sweeps.sweep_silent()
    devices[0].faults.set(silent=True)
    later(time)
    assert sweeps.sweep_fleet()["late"] == 1
    devices[0].faults.clear()

    assert sweeps.sweep_silent() == {"asked": 1, "answered": 1}

    later(time)
    assert sweeps.sweep_fleet() == {"asked": 30, "late": 0}
    assert kinds() == ["online"] * 30


def test_a_router_that_comes_back_is_online_and_gets_a_pass(router, device, time):
    device.faults.set(refuse=True)
    for _ in range(2):
        sweeps.sweep_silent()
        later(time)
    assert kinds() == ["offline"]
    services_due = Job.objects.filter(task="routers.reconcile_router", state="queued")
    before = services_due.count()
    tasks.sweep_dirty()
    services_due.update(due_at=timezone.now() + timedelta(hours=1))

    device.faults.clear()
    later(time)
    sweeps.sweep_silent()

    assert kinds() == ["offline", "online"]
    assert before == 0
    assert services_due.get().due_at <= timezone.now()


def test_a_refused_login_is_one_line_in_the_routers_log_for_half_an_hour(router, device, time):
    device.faults.set(auth_fail=True)
    sweeps.sweep_silent()
    sentences = len(device.sentences)

    for _ in range(25):
        later(time)
        sweeps.sweep_fleet()
        sweeps.sweep_silent()

    assert len(device.sentences) == sentences
    later(time, 600)
    assert sweeps.sweep_silent()["asked"] == 1


def test_another_password_is_tried_soon(router, device, client, time):
    device.faults.set(auth_fail=True)
    sweeps.sweep_silent()
    device.faults.clear()

    client.patch(at(router), {"password": "another"})
    client.patch(at(router), {"password": "admin"})
    later(time, 15)
    sweeps.sweep_silent()

    assert online() == {router.pk}


def test_a_connection_test_that_finds_a_router_has_it_asked_soon(router, device, time):
    device.faults.set(auth_fail=True)
    sweeps.sweep_silent()
    device.faults.clear()

    services.check_connection(router)

    assert sweeps.sweep_silent() == {"asked": 1, "answered": 1}


def test_where_we_do_not_connect_to_is_no_error(operator, settings, device):
    settings.ROUTER_HOST_POLICY = "saas"
    router = RouterFactory(owner=operator, port=device.port("api"))

    sweeps.sweep_silent()

    assert (status_of(router).reason, kinds()) == ("host_not_allowed", ["offline"])


def test_a_password_that_does_not_open_is_no_error(router, device):
    Router.objects.filter(pk=router.pk).update(public_id="RTR_00000000")

    sweeps.sweep_silent()

    assert status_of(router).reason == "secret_unreadable"


def test_a_router_that_is_being_talked_to_is_no_news(router, device, time):
    sweeps.sweep_silent()
    later(time)

    with services.connections.session(router, Deadline(5)):
        assert sweeps.sweep_fleet() == {"asked": 1, "late": 0}

    assert (status_of(router).misses, kinds()) == (0, ["online"])
    later(time)
    assert sweeps.sweep_fleet()["asked"] == 1


# While it is asked --------------------------------------------------------------------------


def test_a_router_that_was_deleted_meanwhile_leaves_nothing(router):
    finding = found(Router.objects.get(), timezone.now())
    router.delete()

    sweeps.store([finding])

    assert not RouterStatus.objects.exists()
    assert not RouterSample.objects.exists()


def test_a_router_that_was_pointed_elsewhere_meanwhile_keeps_what_it_has(router, client):
    finding = found(Router.objects.get(), timezone.now())
    client.patch(at(router), {"host": "127.0.0.2"})

    sweeps.store([finding])

    assert not RouterStatus.objects.filter(last_seen__isnull=False).exists()
    assert online() == set()


def test_what_is_older_than_what_is_known_is_passed_over(router):
    now = timezone.now()
    row = Router.objects.get()
    sweeps.store([found(row, now)])

    sweeps.store([found(row, now - timedelta(seconds=5), reason="timeout")])

    assert status_of(router).misses == 0


def test_a_router_elsewhere_is_not_one_that_restarted(router, client, device, time):
    sweeps.store([found(Router.objects.get(), timezone.now(), uptime="9w")])
    client.patch(at(router), {"port": device.port("api"), "username": "bob"})
    client.patch(at(router), {"username": "admin"})
    later(time)

    sweeps.sweep_silent()

    assert kinds() == ["online"]


# What routers may say -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"uptime": "x" * 500, "version": "\0" * 9, "board-name": "é" * 500},
        {"cpu-load": "-1", "free-memory": "9" * 30, "total-memory": "9" * 19},
        {"cpu-load": "1e3", "free-memory": "\u0663", "total-memory": ""},
        {"cpu-load": "101", "free-memory": str(1 << 50), "total-memory": str(1 << 50)},
    ],
)
def test_whatever_a_router_says_of_itself_can_be_stored(router, row):
    finding = found(Router.objects.get(), timezone.now(), **vars(asking._facts(row)))

    sweeps.store([finding])

    assert online() == {router.pk}


# The minutes of those that are away ---------------------------------------------------------


def test_a_minute_in_which_a_router_is_known_to_be_away_counts_once(router, device, time):
    time.move_to(timezone.now().replace(minute=0, second=1))
    device.faults.set(refuse=True)

    for _ in range(5):
        sweeps.sweep_silent()
        sweeps.sweep_fleet()
        later(time)

    counted = RouterSample.objects.values_list("checks", "answers")
    assert list(counted) in ([(5, 0)], [(6, 0)])


# Tasks --------------------------------------------------------------------------------------


def test_a_late_router_is_asked_again_at_once(fleet, devices):
    tasks.sweep_silent()
    devices[0].faults.set(silent=True)

    tasks.sweep_fleet()

    assert Job.objects.filter(task="routers.sweep_silent", state="queued").count() == 1
    jobs.run_due()
    assert status_of(fleet[0]).misses == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_sweeps_count_a_miss_once(fleet, devices):
    for device in devices[:3]:
        device.faults.set(refuse=True)

    at_once(lambda _: sweeps.sweep_silent(), 3)

    away = RouterStatus.objects.filter(misses__gt=0)
    assert list(away.values_list("misses", flat=True)) == [1, 1, 1]
    assert kinds() == ["online"] * 27


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_races_deletions_ends_well(fleet, devices):
    def act(n):
        return sweeps.sweep_silent() if n == 0 else services.delete_router(fleet[n])

    answers = at_once(act, 8)

    assert answers[0]["asked"] >= 23
    assert RouterStatus.objects.count() == Router.objects.count() == 23


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_certificate_is_trusted_on_first_use_by_a_sweep_too(operator, device):
    router = RouterFactory(owner=operator, port=device.port("api-ssl"), chosen_transport="api-ssl")

    assert sweeps.sweep_silent() == {"asked": 1, "answered": 1}

    assert Router.objects.get(pk=router.pk).tls_fingerprint == device.fingerprint
    assert online() == {router.pk}
