"""What is learnt from routers, and who is put out there."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from cloudpilot import jobs
from hotspot import expiry, tasks, watching
from hotspot import services as acts
from hotspot.models import Watch
from hotspot.states import State
from routers.errors import RouterUnreachable
from routers.models import Router
from routers.reconcile import services
from routers.reconcile.kinds import DURATION
from routers.simulator import Refused
from tests.factories import LoginFactory, PackageFactory, RouterFactory, make_voucher
from tests.hotspot.guests import COOKIES, log_in, online, pass_time, users, work

pytestmark = pytest.mark.django_db


def about(number):
    """Allow for the real time that a busy machine takes, on top of the time that is made up."""
    return pytest.approx(number, abs=20)


def seconds(time):
    return time.total_seconds()


@pytest.fixture
def voucher(package, router, device):
    """A voucher that the router has."""
    voucher = make_voucher(package)
    services.reconcile(router)
    return voucher


def test_the_first_login_starts_the_hour(voucher, router, device, server_clock):
    pass_time(device, server_clock, 7200)
    came_in = timezone.now()
    mac = log_in(device, voucher)
    pass_time(device, server_clock, 20)

    watching.watch(router)

    voucher.refresh_from_db()
    assert timedelta(0) <= voucher.first_login_at - came_in < timedelta(seconds=20)
    assert voucher.expires_at == voucher.first_login_at + timedelta(hours=1)
    assert (voucher.mac_address, voucher.state_at(timezone.now())) == (mac, State.ACTIVE)


def test_whoever_is_over_time_is_put_out_with_the_cookie(voucher, router, device, server_clock):
    log_in(device, voucher)
    watching.watch(router)
    pass_time(device, server_clock, 3590)
    work(router, timezone.now())
    still_there = online(device)
    device.set("/ip/hotspot/user", voucher.code, {"limit-uptime": "0s"})

    pass_time(device, server_clock, 15)
    work(router, timezone.now())
    device.advance(5)

    assert still_there == [voucher.code]
    assert (online(device), users(device), device.rows(COOKIES)) == ([], {}, [])


def test_what_is_used_is_what_the_router_counts(voucher, router, device, server_clock):
    mac = log_in(device, voucher)
    watching.watch(router)
    pass_time(device, server_clock, 600)
    watching.watch(router)
    pass_time(device, server_clock, 60)
    device.guests.log_out(mac)

    watching.watch(router)

    voucher.refresh_from_db()
    row = users(device)[voucher.code]
    assert (voucher.uploaded, voucher.downloaded) == (int(row["bytes-in"]), int(row["bytes-out"]))
    assert voucher.online_time == timedelta(microseconds=DURATION.meaning(row["uptime"]))
    assert voucher.logins.get().ended_at is not None


def test_use_is_counted_on_when_the_router_forgets(voucher, router, device, server_clock):
    mac = log_in(device, voucher)
    pass_time(device, server_clock, 600)
    watching.watch(router)
    device.guests.log_out(mac)
    watching.watch(router)
    device.factory_reset()
    server_clock.advance(960)
    watching.watch(router)
    services.reconcile(router)
    log_in(device, voucher)
    pass_time(device, server_clock, 300)

    watching.watch(router)

    voucher.refresh_from_db()
    assert seconds(voucher.online_time) == about(900)
    limit = DURATION.meaning(users(device)[voucher.code]["limit-uptime"]) / 1e6
    assert limit == 3600 - seconds(voucher.online_time_before) == about(3000)


def test_a_session_between_two_looks_is_found_by_the_users_own_counters(
    voucher, router, device, server_clock
):
    watching.watch(router)
    mac = log_in(device, voucher)
    pass_time(device, server_clock, 10)
    device.guests.log_out(mac)
    pass_time(device, server_clock, 1000)

    watching.watch(router)

    voucher.refresh_from_db()
    assert seconds(voucher.online_time) == about(10)
    assert voucher.first_login_at > timezone.now() - timedelta(seconds=60)


def test_whoever_has_used_up_the_data_is_out_though_the_router_would_go_on(
    router, device, server_clock
):
    voucher = make_voucher(PackageFactory(router=router, data_limit_mb=10))
    services.reconcile(router)
    device.set("/ip/hotspot/user", voucher.code, {"limit-bytes-total": "0"})
    log_in(device, voucher)
    pass_time(device, server_clock, 300)

    work(router, timezone.now())
    services.reconcile(router)

    voucher.refresh_from_db()
    assert voucher.state_at(timezone.now()) == State.USED_UP
    assert (online(device), users(device)) == ([], {})


def test_two_looks_at_once_count_once(voucher, router, device, server_clock):
    log_in(device, voucher)
    pass_time(device, server_clock, 100)
    with watching.live.speaking_to(router, 5) as (session, deadline):
        rows = watching.live.online(session, deadline)
    now = timezone.now()
    looks = [watching.Look(router, [watching.live.read_online(r, now) for r in rows], now)] * 2

    assert [look.settle(watching.live.Counters(), all_counted=False) for look in looks] == [
        True,
        False,
    ]
    voucher.refresh_from_db()
    assert seconds(voucher.online_time) == about(100)


def test_a_guest_of_the_routers_owner_is_left_alone(voucher, router, device):
    device.add("/ip/hotspot/user", {"name": "boss", "password": "x"})
    device.guests.arrive("AA:BB:CC:00:00:09", "192.168.88.99")
    device.guests.log_in("AA:BB:CC:00:00:09", "boss", "x")

    watching.watch(router)

    assert online(device) == ["boss"]
    assert router.logins.get().name == "boss"


def test_a_user_of_the_owners_with_a_spent_code_is_not_ours_to_judge(voucher, router, device):
    acts.revoke(voucher)
    services.reconcile(router)
    device.add("/ip/hotspot/user", {"name": voucher.code, "password": "x", "comment": "mine"})
    device.guests.arrive("AA:BB:CC:00:00:09", "192.168.88.99")
    device.guests.log_in("AA:BB:CC:00:00:09", voucher.code, "x")

    watching.watch(router)

    assert online(device) == [voucher.code]


def test_a_user_of_the_owners_that_has_a_vouchers_name_uses_nothing_of_it(package, router, device):
    voucher = make_voucher(package)
    device.add("/ip/hotspot/user", {"name": voucher.code, "password": voucher.code, "uptime": "5m"})
    services.reconcile(router)
    log_in(device, voucher)
    device.advance(100)

    watching.watch(router)
    watching.watch(router)

    voucher.refresh_from_db()
    assert (voucher.first_login_at, seconds(voucher.online_time)) == (None, 0)
    assert (router.logins.get().kind, online(device)) == ("other", [voucher.code])


def test_a_session_that_ends_during_a_look_is_counted_once(voucher, router, device, server_clock):
    mac = log_in(device, voucher)
    pass_time(device, server_clock, 600)
    watching.watch(router)
    pass_time(device, server_clock, 1000)
    with watching.live.speaking_to(router, 5) as (session, deadline):
        now = timezone.now()
        rows = watching.live.online(session, deadline)
        look = watching.Look(router, [watching.live.read_online(r, now) for r in rows], now)
        device.guests.log_out(mac)
        counted = watching.live.counters(session, deadline, [], and_all_of_ours=True)
        look.note_still_online(watching.live.online(session, deadline))

    look.settle(counted, all_counted=True)
    first = seconds(type(voucher).objects.get(pk=voucher.pk).online_time)
    watching.watch(router)

    voucher.refresh_from_db()
    assert first == seconds(voucher.online_time) == about(1600)


def test_an_hour_that_was_over_before_it_was_learnt_ends_at_once(
    voucher, router, device, server_clock
):
    device.set("/ip/hotspot/user", voucher.code, {"limit-uptime": "0s"})
    log_in(device, voucher)
    pass_time(device, server_clock, 7200)

    watching.watch(router)
    services.reconcile(router)
    device.advance(5)

    voucher.refresh_from_db()
    assert voucher.ended_at is not None
    assert (online(device), users(device)) == ([], {})


def test_whoever_has_a_code_anew_is_not_put_out_for_whoever_had_it_before(
    router, device, server_clock
):
    package = PackageFactory(router=router, devices=2)
    old = make_voucher(package, code="room-12")
    services.reconcile(router)
    log_in(device, old)
    watching.watch(router)
    acts.revoke(old)
    new = make_voucher(package, code="room-12")
    services.reconcile(router)
    mac = log_in(device, new, number=2)  # the first guest is still in, with the same name

    for _ in range(3):
        watching.watch(router)
        pass_time(device, server_clock, 30)

    assert [row["mac-address"] for row in device.rows("/ip/hotspot/active")] == [mac]
    assert [row["mac-address"] for row in device.rows(COOKIES)] == [mac]
    new.refresh_from_db()
    assert seconds(new.online_time) == about(60)


def test_whoever_is_in_is_put_out_before_the_cookies_of_others_are_looked_for(
    router, device, monkeypatch
):
    monkeypatch.setattr(watching.live, "MOST_NAMES", 1)
    package = PackageFactory(router=router)
    gone, inside = make_voucher(package, code="aaaa"), make_voucher(package, code="zzzz")
    services.reconcile(router)
    for number, voucher in enumerate((gone, inside)):
        log_in(device, voucher, number)
    watching.watch(router)
    device.guests.log_out("AA:BB:CC:00:00:00")
    acts.revoke(gone)
    acts.revoke(inside)
    device.sentences.clear()

    watching.watch(router)

    words = [" ".join(sentence) for sentence in device.sentences]
    ended = next(
        at for at, text in enumerate(words) if text.startswith("/ip/hotspot/active/remove")
    )
    asked = next(at for at, text in enumerate(words) if "?=user=aaaa" in text)
    assert ended < asked


@pytest.mark.parametrize("act", [acts.revoke, acts.pause])
def test_ending_or_pausing_a_voucher_puts_its_guests_out(voucher, router, device, act):
    log_in(device, voucher)
    watching.watch(router)

    act(voucher)
    work(router, timezone.now())
    device.advance(5)

    assert online(device) == []


def test_a_paused_voucher_keeps_the_time_it_had(voucher, router, device, server_clock):
    log_in(device, voucher)
    pass_time(device, server_clock, 600)
    watching.watch(router)
    acts.pause(voucher)
    pass_time(device, server_clock, 86_400)
    work(router, timezone.now())

    resumed = acts.resume(voucher)

    left = resumed.expires_at - timezone.now()
    assert abs(left - timedelta(minutes=50)) < timedelta(seconds=20)


def test_a_voucher_that_was_paused_before_its_login_was_learnt_does_not_run_out(
    voucher, router, device, server_clock
):
    log_in(device, voucher)
    acts.pause(voucher)
    watching.watch(router)
    pass_time(device, server_clock, 7200)

    work(router, timezone.now())

    voucher.refresh_from_db()
    assert (voucher.state_at(timezone.now()), voucher.ended_at) == (State.PAUSED, None)


def test_a_voucher_begins_when_it_is_valid(package, router, device, server_clock):
    voucher = make_voucher(package, valid_from=timezone.now() + timedelta(hours=1))
    services.reconcile(router)
    before = users(device)[voucher.code]["disabled"]

    pass_time(device, server_clock, 3601)
    assert expiry.sweep(timezone.now()) == 1
    services.reconcile(router)

    assert (before, users(device)[voucher.code]["disabled"]) == ("true", "false")


def test_a_look_learns_where_guests_log_in(voucher, router, device):
    watching.watch(router)

    assert Watch.objects.get(router=router).login_url == "http://login.hotspot/login"


def test_a_voucher_moved_to_another_device_is_open_to_that_one_alone(
    voucher, router, device, server_clock
):
    log_in(device, voucher)
    watching.watch(router)
    acts.move(voucher, "AA:BB:CC:00:00:02")
    jobs.run_due()

    with pytest.raises(Refused, match="not allowed to log in from this MAC"):
        log_in(device, voucher)
    log_in(device, voucher, number=2)
    watching.watch(router)

    assert online(device) == [voucher.code]
    assert [row["mac-address"] for row in device.rows("/ip/hotspot/active")] == [
        "AA:BB:CC:00:00:02"
    ]


def test_only_routers_that_answer_and_have_vouchers_in_use_are_watched(voucher, router):
    def watched():
        return [*watching.to_watch()]

    assert watched() == []
    Router.objects.update(is_online=True)
    idle = RouterFactory(is_online=True)
    make_voucher(PackageFactory(router=RouterFactory(is_active=False, is_online=True)))

    assert watched() == [router]
    acts.revoke(voucher)
    assert watched() == []
    LoginFactory(router=idle, ended_at=None)
    assert watched() == [idle]


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_it_all(voucher, router, device, server_clock):
    Router.objects.update(is_online=True)
    away = make_voucher(PackageFactory(router=RouterFactory(port=1, is_online=True)))
    log_in(device, voucher)
    seen = tasks.watch_all()
    pass_time(device, server_clock, 3601)

    tasks.expire_vouchers()
    jobs.run_due()
    device.advance(5)

    assert seen == {"seen": 1, "router_unreachable": 1}
    assert (online(device), users(device)) == ([], {})
    assert away.state_at(timezone.now()) == State.UNUSED


def test_the_command_ends_what_is_over(voucher, capsys):
    type(voucher).objects.update(
        expires_at=timezone.now() - timedelta(hours=1), due_at=timezone.now() - timedelta(hours=1)
    )

    call_command("expire_vouchers")
    call_command("expire_vouchers")

    first, second = capsys.readouterr().out.splitlines()
    assert (first[:9], second[:9]) == ("1 voucher", "0 voucher")


def test_a_look_that_meets_no_router_says_so(voucher, router, device):
    device.switch_off()

    with pytest.raises(RouterUnreachable):
        watching.watch(router)
