"""Changes that cut off whoever makes them, and let them in again when they are taken back."""

import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire

FILTER = "/ip/firewall/filter"
SERVICE = "/ip/service"
IDENTITY = "/system/identity/print"
QUIET = 0.05  # what a test waits for something that must not come
LOST = "nothing comes back"
RESET = "reset"
HEARD = "heard"


@pytest.fixture
def newcomer(device):
    """Whether a new connection meets what is expected."""

    def knock(expected):
        try:
            with Wire(device.port("api"), login=None) as wire:
                return meets(wire, expected, "/login", "=name=admin", "=password=admin")
        except ConnectionError:
            return expected == RESET

    return knock


def meets(wire, expected, *words):
    """Send a sentence, and wait for the answer as long as it is worth."""
    wire.sock.settimeout(QUIET if expected == LOST else 10)
    try:
        wire.send(*words or (IDENTITY,))
        return expected == (HEARD if wire.receive() else RESET)
    except TimeoutError:
        return expected == LOST
    except ConnectionError:
        return expected == RESET


def rule(device, *, first=False, **row):
    row = {name.replace("_", "-"): value for name, value in row.items()}
    id_ = device.add(FILTER, {"chain": "input", "action": "drop", **row})
    if first:
        device.run_script(f"{FILTER} move {id_} destination=*1")
    return id_


def test_the_first_configuration_lets_everybody_in(wire, newcomer):
    assert meets(wire, HEARD)
    assert newcomer(HEARD)


def test_a_running_connection_survives_a_rule_that_new_ones_do_not(device, wire, newcomer):
    rule(device, protocol="tcp", dst_port="8728")

    assert meets(wire, HEARD)  # it is established, which an earlier rule accepts
    assert newcomer(LOST)


def test_a_rule_before_all_others_silences_running_connections(device, wire, newcomer):
    rule(device, protocol="tcp", dst_port="8728", first=True)

    assert meets(wire, LOST)
    assert newcomer(LOST)


def test_the_reply_to_the_rule_itself_still_comes(device, wire):
    words = ("=chain=input", "=action=drop", "=place-before=*1")

    assert wire.talk(f"{FILTER}/add", *words)[0][0] == "!done"
    assert meets(wire, LOST)


def test_what_was_sent_is_heard_once_the_rule_is_gone(device, wire):
    id_ = rule(device, first=True)
    wire.send("/system/identity/set", "=name=north")
    wire.send(IDENTITY)
    assert device.rows("/system/identity")[0]["name"] == "MikroTik"

    device.remove(FILTER, id_)

    assert wire.receive() == ["!done"]
    assert wire.receive() == ["!re", "=name=north"]


def test_a_rejected_connection_is_reset(device, wire, newcomer):
    rule(device, action="reject", first=True)

    assert meets(wire, RESET)
    assert newcomer(RESET)


@pytest.mark.parametrize(
    ("row", "seen"),
    [
        ({}, LOST),
        ({"protocol": "tcp", "dst_port": "22,8000-9000"}, LOST),
        ({"protocol": "tcp", "dst_port": "22,80"}, HEARD),
        ({"protocol": "tcp", "dst_port": "!22,80"}, LOST),
        ({"protocol": "udp"}, HEARD),
        ({"src_address": "127.0.0.0/8"}, LOST),
        ({"src_address": "10.0.0.0/8"}, HEARD),
        ({"src_address": "!10.0.0.0/8"}, LOST),
        ({"src_address": "127.0.0.1-127.0.0.9"}, LOST),
        ({"dst_address": "192.168.88.1"}, LOST),
        ({"in_interface": "bridge"}, LOST),
        ({"in_interface": "ether1"}, HEARD),
        ({"in_interface_list": "WAN"}, HEARD),
        ({"in_interface_list": "!WAN"}, LOST),
        ({"connection_state": "new"}, LOST),
        ({"connection_state": "invalid"}, HEARD),
        ({"src_address_list": "bad"}, LOST),
        ({"src_address_list": "good"}, HEARD),
        ({"disabled": "yes"}, HEARD),
        ({"chain": "forward"}, HEARD),
        ({"time": "8h-9h,mon"}, HEARD),
        ({"action": "tarpit"}, LOST),
        ({"action": "log"}, HEARD),
        ({"action": "jump", "jump_target": "mine"}, LOST),
    ],
)
def test_a_rule_matches_what_it_says(device, newcomer, row, seen):
    device.add("/ip/firewall/address-list", {"list": "bad", "address": "127.0.0.1"})
    device.add(FILTER, {"chain": "mine", "action": "drop"})

    rule(device, **row)

    assert newcomer(seen)


@pytest.mark.parametrize(
    "value", ["²", "!", "", "-", "1-", ",", "::/0", "1.2.3.4/99", "10.0.0.9-", "名"]
)
def test_a_rule_that_makes_no_sense_harms_nobody(device, newcomer, value):
    for name in ("dst-port", "src-address", "dst-address", "src-address-list", "in-interface",
                 "in-interface-list", "connection-state", "protocol", "jump-target"):  # fmt: skip
        device.add(FILTER, {"chain": "nobody", "action": "jump", name: value})
        device.add(FILTER, {"chain": "input", "action": "drop", "time": "8h-9h", name: value})
    device.add(FILTER, {"chain": "input", "action": "jump", "jump-target": "nobody"})
    device.set(SERVICE, "api", {"address": f"127.0.0.1,{value}"})

    assert newcomer(HEARD)


def test_an_earlier_rule_that_accepts_wins(device, newcomer):
    rule(device, action="accept", src_address="127.0.0.1")
    rule(device)

    assert newcomer(HEARD)


def test_chains_that_jump_in_circles_decide_nothing(device, newcomer):
    rule(device, action="jump", jump_target="input")

    assert newcomer(HEARD)


def test_raw_rules_come_first(device, wire):
    device.add("/ip/firewall/raw", {"chain": "prerouting", "action": "drop"})

    assert meets(wire, LOST)


@pytest.mark.parametrize(
    "change", [{"disabled": "yes"}, {"port": "18728"}, {"address": "10.0.0.0/8"}]
)
def test_a_service_that_is_not_there_resets_new_connections_only(device, wire, newcomer, change):
    device.set(SERVICE, "api", change)

    assert newcomer(RESET)
    assert meets(wire, HEARD)


def test_a_service_may_name_whom_it_serves(device, newcomer):
    device.set(SERVICE, "api", {"address": "10.0.0.0/8,127.0.0.1/32"})

    assert newcomer(HEARD)


def test_the_address_that_is_managed_must_stay(device, wire, newcomer, eventually):
    device.manage_through(address="192.168.88.1")

    wire.send("/ip/address/disable", "=.id=*1")
    eventually(lambda: device.rows("/ip/address")[0]["disabled"] == "true")
    wire.send(IDENTITY)
    assert newcomer(LOST)
    device.set("/ip/address", "*1", {"disabled": "no"})

    assert [wire.receive()[0] for _ in range(2)] == ["!done", "!re"]


@pytest.fixture
def tunnel(device):
    """Manage the device through a WireGuard tunnel whose interface is on the LAN's list."""
    key = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
    device.add("/interface/wireguard", {"name": "wg0"})
    device.add("/interface/wireguard/peers", {"interface": "wg0", "public-key": key})
    device.add("/interface/list/member", {"list": "LAN", "interface": "wg0"})
    device.manage_through(interface="wg0", peer=key)


@pytest.mark.parametrize(
    "script",
    [
        "/interface wireguard disable wg0",
        "/interface wireguard remove wg0",
        "/interface wireguard peers remove [find interface=wg0]",
    ],
)
def test_the_tunnel_that_it_is_managed_through_must_stay(device, wire, tunnel, newcomer, script):
    assert meets(wire, HEARD)

    device.run_script(script)

    assert newcomer(LOST)


def test_a_tunnel_may_be_called_something_else(device, tunnel, newcomer):
    device.run_script("/interface wireguard set wg0 name=wg1")

    assert newcomer(HEARD)


def test_rules_see_where_a_tunnel_comes_from(device, newcomer):
    device.manage_through(source="10.77.0.1")
    rule(device, src_address="10.77.0.0/24")

    assert newcomer(LOST)


def test_an_armed_script_lets_in_whoever_shut_themselves_out(device, newcomer):
    device.run_script(
        "/system scheduler add name=undo interval=1m on-event="
        '"/ip firewall filter remove [find comment=mine]"'
    )
    rule(device, comment="mine")
    assert newcomer(LOST)

    device.advance(61)

    assert newcomer(HEARD)


def test_lost_connections_take_no_session(device, newcomer):
    id_ = rule(device)
    with Wire(device.port("api"), login=None), Wire(device.port("api"), login=None):
        device.remove(FILTER, id_)
        device.set(SERVICE, "api", {"max-sessions": "3"})

        assert newcomer(HEARD)


def test_rest_and_tls_are_cut_off_alike():
    with Simulator(services=("rest", "api-ssl")) as simulator:
        device = simulator.devices[0]
        device.add(FILTER, {"chain": "input", "action": "drop", "dst-port": "80,8729"})

        for service in ("rest", "api-ssl"):
            with Wire(device.port(service), login=None) as wire:
                assert meets(wire, LOST, b"GET / HTTP/1.1\r\n\r\n")


def test_a_factory_reset_lets_everybody_in(device, newcomer):
    device.manage_through(interface="ether5")
    rule(device, first=True)

    device.factory_reset()

    assert newcomer(HEARD)
