"""Hotspot sessions on the router's own clock."""

import pytest

from routers.simulator import Refused

MAC, ADDRESS = "AA:BB:CC:00:00:01", "192.168.88.20"
USERS, ACTIVE = "/ip/hotspot/user", "/ip/hotspot/active"
PROFILES = "/ip/hotspot/user/profile"


@pytest.fixture
def guest(device):
    """Return a function that makes a user and lets the guest log in with it."""

    def log_in(name="bob", **limits):
        words = {key.replace("_", "-"): value for key, value in limits.items()}
        device.add(USERS, {"name": name, "password": "x", **words})
        device.guests.arrive(MAC, ADDRESS)
        return device.guests.log_in(MAC, name, "x")

    return log_in


def seconds(text):
    from routers.simulator.values import parse_duration

    return parse_duration(text)


def user(device, name="bob"):
    return next(row for row in device.rows(USERS) if row["name"] == name)


def test_a_host_is_there_before_anybody_logs_in(device):
    device.guests.arrive(MAC, ADDRESS)

    (host,) = device.rows("/ip/hotspot/host")
    assert (host["authorized"], host["server"], host["DHCP"]) == ("false", "hotspot1", "false")
    assert device.rows(ACTIVE) == []


def test_a_session_ages_and_counts(device, guest):
    guest()

    device.advance(600)

    (row,) = device.rows(ACTIVE)
    assert row["uptime"] == "10m"
    assert 6_000_000 <= int(row["bytes-in"]) < 6_200_000
    assert 60_000_000 <= int(row["bytes-out"]) < 62_000_000


def test_counters_reach_the_user_when_the_session_ends_and_not_before(device, guest):
    guest()
    device.advance(600)
    assert user(device)["uptime"] == "0s"

    device.guests.log_out(MAC)

    assert user(device)["uptime"] == "10m"
    assert int(user(device)["bytes-out"]) >= 60_000_000


def test_a_session_ends_when_its_uptime_is_used_up(device, guest):
    guest(limit_uptime="1h")

    device.advance(2 * 3600)

    assert device.rows(ACTIVE) == []
    assert user(device)["uptime"] == "1h"
    with pytest.raises(Refused, match="user bob has reached uptime limit"):
        device.guests.log_in(MAC, "bob", "x")


def test_the_second_session_gets_what_the_first_has_left(device, guest):
    guest(limit_bytes_out="100000000", limit_uptime="1h")
    device.advance(300)
    device.guests.log_out(MAC)

    device.guests.log_in(MAC, "bob", "x")

    (row,) = device.rows(ACTIVE)
    assert row["session-time-left"] == "55m"
    assert 69_000_000 < int(row["limit-bytes-out"]) <= 70_000_000


def test_a_session_ends_when_its_traffic_is_used_up(device, guest):
    guest(limit_bytes_out="1000000")

    device.advance(3600)

    assert user(device)["bytes-out"] == "1000000"
    assert user(device)["uptime"] == "10s"
    assert "traffic limit reached" in device.rows("/log")[-1]["message"]


def test_resetting_the_counters_lets_a_user_in_again(device, guest, wire):
    guest(limit_uptime="1h")
    device.advance(3601)

    wire.talk(f"{USERS}/reset-counters", "=numbers=bob")

    device.guests.log_in(MAC, "bob", "x")
    assert len(device.rows(ACTIVE)) == 1


@pytest.mark.parametrize(
    ("profile", "after", "reason"),
    [
        ({"session-timeout": "10m"}, 601, "session timeout"),
        ({"idle-timeout": "5m"}, 301, "idle timeout"),
        ({"keepalive-timeout": "2m"}, 121, "keepalive timeout"),
    ],
)
def test_the_profile_ends_sessions(device, guest, profile, after, reason):
    device.add(PROFILES, {"name": "short", "keepalive-timeout": "none", **profile})
    guest(profile="short")
    device.guests.leave(MAC)

    device.advance(after)

    assert device.rows(ACTIVE) == []
    assert device.rows("/log")[-1]["message"].endswith(f"logged out: {reason}")


def test_a_silent_guest_grows_idle(device, guest):
    guest()
    device.guests.browse(MAC, 0, 0)

    device.advance(90)

    assert device.rows(ACTIVE)[0]["idle-time"] == "1m30s"


def test_limits_are_those_of_the_login(device, guest):
    guest(limit_uptime="1h")

    device.set(USERS, "bob", {"limit-uptime": "1m"})
    device.advance(600)

    assert len(device.rows(ACTIVE)) == 1


@pytest.mark.parametrize("act", ["disable", "remove"])
def test_a_session_outlives_its_user(device, guest, wire, act):
    guest()

    wire.talk(f"{USERS}/{act}", "=.id=bob")
    device.advance(60)

    assert len(device.rows(ACTIVE)) == 1


def test_a_kicked_guest_comes_back_by_cookie(device, guest, wire):
    guest()

    wire.talk(f"{ACTIVE}/remove", "=.id=*1")
    assert device.rows(ACTIVE) == []
    device.advance(5)

    assert [row["login-by"] for row in device.rows(ACTIVE)] == ["cookie"]


def test_a_guest_kicked_without_cookie_stays_out(device, guest, wire):
    guest()
    (cookie,) = device.rows("/ip/hotspot/cookie")

    wire.talk("/ip/hotspot/cookie/remove", f"=.id={cookie['.id']}")
    wire.talk(f"{ACTIVE}/remove", "=.id=*1")
    device.advance(5)

    assert device.rows(ACTIVE) == []


def test_a_cookie_runs_out(device, guest):
    guest()

    device.advance(3 * 86400 + 1)

    assert device.rows("/ip/hotspot/cookie") == []


def test_shared_users_limits_sessions_of_one_user(device, guest):
    guest()
    device.guests.arrive("AA:BB:CC:00:00:02", "192.168.88.21")

    with pytest.raises(Refused, match="no more sessions are allowed for user bob"):
        device.guests.log_in("AA:BB:CC:00:00:02", "bob", "x")


def test_a_rate_limit_makes_a_dynamic_queue_while_the_session_lasts(device, guest):
    device.add(PROFILES, {"name": "slow", "rate-limit": "8k/80k"})
    guest(profile="slow")
    device.advance(10)

    (queue,) = device.rows("/queue/simple")
    assert (queue["name"], queue["dynamic"]) == ("<hotspot-bob>", "true")
    assert 10_000 <= int(device.rows(ACTIVE)[0]["bytes-in"]) < 11_000

    device.guests.log_out(MAC)
    assert device.rows("/queue/simple") == []


def test_the_api_can_log_a_host_in(device, wire):
    device.add(USERS, {"name": "bob", "password": "x"})
    device.guests.arrive(MAC, ADDRESS)

    words = (f"=ip={ADDRESS}", f"=mac-address={MAC}", "=user=bob", "=password=x")
    assert wire.talk(f"{ACTIVE}/login", *words) == [["!done"]]

    assert device.rows(ACTIVE)[0]["user"] == "bob"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["=ip=10.5.50.9", "=user=bob"], "unknown host IP 10.5.50.9"),
        ([f"=ip={ADDRESS}", "=user=bob", "=password=no"], "invalid username or password"),
        ([f"=ip={ADDRESS}", "=mac-address=00:00:00:00:00:09", "=user=bob"], "wrong MAC provided"),
        (["=ip=", "=user=bob"], "invalid value for argument ip"),
        ([f"=ip={ADDRESS}", "=mac-address=", "=user=bob"], "invalid value of mac-address"),
    ],
)
def test_a_login_that_cannot_be_says_why(device, wire, words, message):
    device.add(USERS, {"name": "bob", "password": "x"})
    device.guests.arrive(MAC, ADDRESS)

    trap, _ = wire.talk(f"{ACTIVE}/login", *words)

    assert trap[-1].removeprefix("=message=").removeprefix("failure: ") == message


def test_the_log_tells_the_story_of_a_session(device, guest):
    guest()
    device.guests.log_out(MAC)

    assert [row["message"] for row in device.rows("/log")] == [
        f"->: bob ({ADDRESS}): trying to log in by http-chap",
        f"->: bob ({ADDRESS}): logged in",
        f"->: bob ({ADDRESS}): logged out: user request",
    ]


def test_a_reboot_ends_sessions_and_keeps_what_was_used(device, guest):
    guest()
    device.advance(600)

    device.reboot()

    assert device.rows(ACTIVE) == device.rows("/ip/hotspot/host") == []
    assert user(device)["uptime"] == "10m"
    assert seconds(device.rows("/system/resource")[0]["uptime"]) < 5


def test_a_session_put_in_by_hand_lives_like_any_other(device):
    device.add(ACTIVE, {"user": "bob", "mac-address": MAC, "bytes-in": "500", "uptime": "1h"})

    device.advance(60)

    (row,) = device.rows(ACTIVE)
    assert (row["uptime"], row["bytes-in"]) == ("1h1m", "500")
