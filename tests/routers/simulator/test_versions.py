"""One simulator, many routers: what changes with the version and the board."""

import pytest

from routers.simulator import Refused, Simulator


def router(version="7.16.2", board="hEX"):
    """Return a router that is not started: its rows need no network."""
    return Simulator(version=version, board=board).devices[0]


def test_the_version_is_shown_with_its_channel():
    assert router("7.20.8").rows("/system/resource")[0]["version"] == "7.20.8 (stable)"


@pytest.mark.parametrize(("version", "form"), [("7.9.2", "%b/%d/%Y"), ("7.10", "%Y-%m-%d")])
def test_dates_are_iso_since_7_10(version, form):
    device = router(version)
    today = device.router.now().strftime(form).lower()

    assert device.rows("/system/clock")[0]["date"] == today


@pytest.mark.parametrize(
    ("path", "field", "old", "new"),
    [
        ("/system/resource", "minimum-version", "7.23", "7.24"),
        ("/system/routerboard", "minimum-firmware", "7.23", "7.24"),
        ("/ip/service", "max-sessions", "7.15.3", "7.16"),
        ("/file", "last-modified", "7.10.2", "7.11"),
    ],
)
def test_fields_come_with_a_version(path, field, old, new):
    for version, there in ((old, False), (new, True)):
        device = router(version)
        if path == "/file":
            device.add(path, {"name": "a.txt", "contents": "x"})
        assert (field in device.rows(path)[-1]) is there


def test_a_responder_was_once_spelt_is_responder():
    peer = {"interface": "wireguard1", "responder": "yes"}
    for version, name in (("7.16.2", "is-responder"), ("7.17", "responder")):
        device = router(version)
        device.add("/interface/wireguard", {})
        device.add("/interface/wireguard/peers", {"interface": "wireguard1", name: "yes"})
        assert device.rows("/interface/wireguard/peers")[0][name] == "yes"

    with pytest.raises(Refused):
        router("7.16.2").add("/interface/wireguard/peers", peer)


@pytest.mark.parametrize(
    ("path", "version", "board", "there"),
    [
        ("/system/routerboard", "7.16.2", "hEX", True),
        ("/system/routerboard", "7.16.2", "CHR", False),
        ("/system/health", "7.16.2", "CHR", False),
        ("/system/license", "7.16.2", "CHR", True),
        ("/interface/wireguard", "6.49.10", "hEX", False),
        ("/interface/wireguard", "7.1", "hEX", True),
    ],
)
def test_menus_depend_on_version_and_board(path, version, board, there):
    device = router(version, board)

    if there:
        device.rows(path)
    else:
        with pytest.raises(Refused, match="no such command or directory"):
            device.rows(path)


def test_a_wrong_clock_shows_everywhere():
    device = router()
    right = device.router.now()

    device.faults.set(clock_skew=-86400 * 365)

    assert device.rows("/system/clock")[0]["date"] < f"{right:%Y-%m-%d}"


def test_two_routers_of_a_fleet_differ():
    one, other = Simulator(2).devices

    serials = {d.rows("/system/routerboard")[0]["serial-number"] for d in (one, other)}
    macs = {d.rows("/interface")[0]["mac-address"] for d in (one, other)}
    assert len(serials) == len(macs) == 2
