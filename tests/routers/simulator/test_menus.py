"""Promises that every menu keeps."""

import pytest

from routers.simulator import Refused, Simulator
from routers.simulator.menus import MENUS
from routers.simulator.schema import EDIT, ORDERED, READ, SINGLE, TOGGLE

VERBS = EDIT | ORDERED | READ | SINGLE | TOGGLE | {"reset-counters", "reset-counters-all"}


@pytest.fixture(scope="module")
def devices():
    return [Simulator(board=board).devices[0] for board in ("hEX", "CHR")]


@pytest.mark.parametrize("path", MENUS)
def test_a_menu_shows_rows_with_known_fields_on_some_board(devices, path):
    shown = []
    for device in devices:
        try:
            shown.append(device.rows(path))
        except Refused:
            continue

    known = {".id", *MENUS[path].by_name}
    assert shown
    assert all(set(row) <= known for rows in shown for row in rows)


@pytest.mark.parametrize("menu", MENUS.values(), ids=MENUS)
def test_a_menu_is_well_defined(menu):
    names = [field.name for field in menu.fields]

    assert menu.verbs <= VERBS
    assert len(names) == len(set(names))
    assert all(field.points_at in {"", *MENUS} for field in menu.fields)
    assert not menu.unique or set(menu.unique.fields) <= set(names)


def test_a_wireguard_interface_makes_its_keys_and_shows_among_the_interfaces(wire, device):
    wire.talk("/interface/wireguard/add", "=name=wg0", "=listen-port=51820")

    (row,) = device.rows("/interface/wireguard")
    assert len(row["private-key"]) == len(row["public-key"]) == 44
    shown = device.rows("/interface")[-1]
    assert (shown[".id"], shown["name"], shown["type"]) == (row[".id"], "wg0", "wg")


def test_a_public_key_follows_from_the_private_one(wire, device):
    # The first key pair of RFC 7748, section 6.1, in base64.
    private = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
    public = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="

    wire.talk("/interface/wireguard/add", f"=private-key={private}")

    assert device.rows("/interface/wireguard")[0]["public-key"] == public


def test_a_peer_needs_a_real_key_and_a_real_interface(wire):
    wire.talk("/interface/wireguard/add", "=name=wg0")
    peers = "/interface/wireguard/peers/add"

    (bad_key, _) = wire.talk(peers, "=interface=wg0", "=public-key=abc")
    (bad_interface, _) = wire.talk(peers, "=interface=ether1")

    assert bad_key[-1] == "=message=invalid value for argument public-key"
    assert bad_interface[-1] == "=message=input does not match any value of interface"


def test_removing_an_interface_of_a_kind_takes_it_off_the_list(wire, device):
    wire.talk("/interface/vlan/add", "=name=guests", "=interface=bridge", "=vlan-id=20")
    wire.talk("/interface/set", "=.id=guests", "=name=visitors")
    assert device.rows("/interface/vlan")[0]["name"] == "visitors"

    wire.talk("/interface/vlan/remove", "=.id=visitors")

    assert "visitors" not in [row["name"] for row in device.rows("/interface")]


def test_a_host_name_in_the_walled_garden_shows_in_both_menus(wire, device):
    wire.talk("/ip/hotspot/walled-garden/ip/add", "=dst-host=pay.example.com")

    (row,) = device.rows("/ip/hotspot/walled-garden")
    assert (row["dst-host"], row["action"], row["dynamic"]) == ("pay.example.com", "allow", "true")


def test_an_address_list_entry_with_a_timeout_goes_by_itself(wire, device):
    wire.talk("/ip/firewall/address-list/add", "=list=a", "=address=10.0.0.1", "=timeout=1h")
    (row,) = device.rows("/ip/firewall/address-list")
    assert row["dynamic"] == "true"

    device.advance(3601)

    assert device.rows("/ip/firewall/address-list") == []


def test_the_scheduler_counts_its_runs(wire, device):
    wire.talk("/system/scheduler/add", "=name=tick", "=interval=1m", "=on-event=:put x")

    device.advance(601)

    assert device.rows("/system/scheduler")[0]["run-count"] == "10"


def test_monitor_traffic_once_gives_one_row(wire):
    replies = wire.talk("/interface/monitor-traffic", "=interface=ether1", "=once=")

    assert [reply[0] for reply in replies] == ["!re", "!done"]
    assert "=name=ether1" in replies[0]


def test_a_ping_gives_a_row_for_each_packet(wire):
    replies = wire.talk("/ping", "=address=10.0.0.1", "=count=2", "=interval=10ms")

    assert [reply[0] for reply in replies] == ["!re", "!re", "!done"]


def test_an_export_is_read_from_its_file(wire):
    wire.talk("/export", "=file=backup")

    (row, _) = wire.talk("/file/print", "?name=backup.rsc", "=.proplist=contents")

    assert "/system identity" in row[1]


def test_a_profile_that_a_user_has_stays(wire):
    wire.talk("/ip/hotspot/user/profile/add", "=name=gold")
    wire.talk("/ip/hotspot/user/add", "=name=bob", "=profile=gold")

    refusal, _ = wire.talk("/ip/hotspot/user/profile/remove", "=.id=gold")
    assert refusal[-1] == "=message=failure: profile is in use"

    wire.talk("/ip/hotspot/user/remove", "=.id=bob")
    assert wire.talk("/ip/hotspot/user/profile/remove", "=.id=gold") == [["!done"]]


def test_the_load_moves_with_time_and_each_router_has_its_own(device):
    others = Simulator(2).devices
    seen = []
    for _ in range(20):
        device.advance(10)
        seen.append(device.rows("/system/resource")[0])

    assert len({row["cpu-load"] for row in seen}) > 3
    assert len({row["free-memory"] for row in seen}) > 3
    assert all(0 <= int(row["cpu-load"]) <= 100 for row in seen)
    assert len({one.rows("/system/resource")[0]["free-memory"] for one in others}) == 2


def test_the_load_can_be_set(device):
    device.faults.set(cpu_load=97)

    assert device.rows("/system/resource")[0]["cpu-load"] == "97"


def test_a_reboot_starts_the_uptime_again(device):
    device.advance(3600)

    device.reboot()

    assert "h" not in device.rows("/system/resource")[0]["uptime"]
