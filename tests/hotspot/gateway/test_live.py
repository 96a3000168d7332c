"""What is read from the router itself, live."""

import json

import pytest

from cloudpilot import jobs
from hotspot.gateway.live import padded

MAC, ADDRESS = "98:01:A7:CB:BB:00", "192.168.88.20"


@pytest.fixture
def guest(device):
    """Somebody who is logged in with a voucher called `user123`."""
    device.add("/ip/hotspot/user", {"name": "user123", "password": "x"})
    device.guests.arrive(MAC, ADDRESS)
    device.guests.log_in(MAC, "user123", "x")


def test_who_is_logged_in_is_shown_in_the_page_s_shape(desk, device, guest):
    device.advance(9 * 3600 + 12 * 60 + 5)

    answer = desk.get("get_active_guests").json()

    [shown] = answer.pop("data")
    assert answer == {}
    assert list(shown) == [
        "logins", "address", "mac-address", "uptime", "idle-time", "bytes-out", "bytes-in",
    ]  # fmt: skip
    assert (shown["logins"], shown["address"], shown["mac-address"]) == ("user123", ADDRESS, MAC)
    assert shown["uptime"] == "9h12m05s"
    assert int(shown["bytes-out"]) > int(shown["bytes-in"]) > 0
    assert all(isinstance(value, str) for value in shown.values())


def test_every_device_on_the_guest_network_is_shown(desk, device, guest):
    device.guests.arrive("74:D2:46:AC:EE:11", "192.168.88.21")
    device.add(
        "/ip/dhcp-server/lease",
        {"address": ADDRESS, "mac-address": MAC, "host-name": "Johns-Phone"},
    )

    hosts = desk.post("get_guest_hosts").json()["data"]

    shown = {host["mac-address"]: host for host in hosts}
    assert shown[MAC]["authorized"] == "true"
    assert shown[MAC]["address"] == ADDRESS
    assert shown["74:D2:46:AC:EE:11"]["authorized"] == "false"
    assert shown["74:D2:46:AC:EE:11"]["host-name"] == ""
    assert list(shown[MAC]) == [
        "mac-address", "address", "to-address", "server", "host-name", "uptime", "idle-time",
        "bytes-out", "bytes-in", "authorized", "bypassed", "comment",
    ]  # fmt: skip
    assert shown[MAC]["host-name"] == "Johns-Phone"


def test_nobody_there_is_an_empty_list(desk):
    assert (
        desk.get("get_active_guests").content
        == json.dumps({"data": []}, separators=(",", ":")).encode()
    )
    assert desk.get("get_guest_hosts").json() == {"data": []}


@pytest.mark.parametrize("action", ["get_active_guests", "get_guest_hosts"])
def test_while_the_router_is_away_an_error_occurred(desk, device, action):
    device.switch_off()

    response = desk.post(action)

    assert response.status_code == 503
    assert response.json()["message"] == "An error occurred"
    assert response.json()["error"] is True


def test_what_the_router_refuses_to_show_is_an_error(desk, device):
    device.add("/user/group", {"name": "nobody", "policy": "api,write"})
    device.add("/user", {"name": "desk", "password": "x", "group": "nobody"})
    router = desk.gateway.router
    router.username, router.password = "desk", "x"
    router.save()

    response = desk.post("get_active_guests")

    assert response.status_code == 502
    assert response.json()["message"] == "An error occurred"


@pytest.mark.parametrize(
    ("routeros", "page"),
    [
        ("9h12m45s", "9h12m45s"), ("12h5m30s", "12h05m30s"), ("9h45s", "9h00m45s"), ("45s", "45s"),
        ("3m", "3m00s"), ("1d2h", "1d02h00m00s"), ("1w2d3h4m5s", "9d03h04m05s"), ("0s", "0s"),
        ("", "0s"), ("never", "0s"),
    ],
)  # fmt: skip
def test_a_duration_has_two_digits_after_its_first_unit(routeros, page):
    assert padded(routeros) == page


def test_a_voucher_made_here_lets_its_guest_in_and_one_removed_puts_them_out(desk, device):
    desk.post("create_voucher", username="user123", passcode="pass123", upload_limit=5)
    jobs.run_due()
    device.guests.arrive(MAC, ADDRESS)
    device.guests.log_in(MAC, "user123", "pass123")
    [user] = [row for row in device.rows("/ip/hotspot/user") if row["name"] == "user123"]

    desk.post("remove_voucher", username="user123")
    jobs.run_due()

    assert user["limit-bytes-in"] == str(5 * 2**20)
    for menu in ("user", "active", "cookie"):
        names = {row.get("name") or row.get("user") for row in device.rows(f"/ip/hotspot/{menu}")}
        assert "user123" not in names
