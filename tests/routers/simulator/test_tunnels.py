import pytest

from routers.simulator import Simulator
from routers.simulator.reachability import Packet, Verdict

WIREGUARD = "/interface/wireguard"
PEERS = "/interface/wireguard/peers"


@pytest.fixture(scope="module")
def _simulator():
    with Simulator(2) as simulator:
        yield simulator


@pytest.fixture
def ends(_simulator):
    """Two routers with an interface each, of which the second can be called."""
    one, two = _simulator.devices
    for device in (one, two):
        device.add(WIREGUARD, {"name": "wg", "listen-port": "51821"})
    two.be_at("198.51.100.2")
    yield one, two
    for device in (one, two):
        device.switch_on()
        device.factory_reset()


def key(device):
    (row,) = device.rows(WIREGUARD)
    return row["public-key"]


def point(device, other, **fields):
    """Make the other router a peer of this one."""
    row = {"interface": "wg", "public-key": key(other), "allowed-address": "10.0.0.0/8", **fields}
    return device.add(PEERS, row)


def meet(one, two):
    """Make them peers of each other; returns the first one's row."""
    point(two, one)
    return point(one, two, **{"endpoint-address": "198.51.100.2", "endpoint-port": "51821"})


def peer(device):
    (row,) = device.rows(PEERS)
    return row


def test_two_that_know_each_other_shake_hands_and_both_show_it(ends):
    meet(*ends)

    for device in ends:
        assert peer(device)["last-handshake"] == "0s"
    assert peer(ends[0])["current-endpoint-address"] == "198.51.100.2"
    assert peer(ends[0])["current-endpoint-port"] == "51821"


@pytest.mark.parametrize(
    "fields",
    [
        {"public-key": "A" * 43 + "="},
        {"endpoint-address": "198.51.100.9"},
        {"endpoint-port": "51822"},
        {"disabled": "yes"},
        {"preshared-key": "auto"},
    ],
)
def test_who_knows_the_other_wrongly_hears_nothing(ends, fields):
    row = meet(*ends)
    ends[0].set(PEERS, row, fields)

    assert not any("last-handshake" in peer(device) for device in ends)


def test_behind_nat_on_both_sides_nobody_can_call(ends):
    meet(*ends)
    ends[1].be_at("")

    assert "last-handshake" not in peer(ends[0])


def test_handshakes_are_renewed_while_both_are_there_and_traffic_grows(ends):
    meet(*ends)
    before = int(peer(ends[0])["rx"])
    ends[0].advance(130)

    assert peer(ends[0])["last-handshake"] == "10s"
    assert int(peer(ends[0])["rx"]) > before


def test_when_the_other_is_off_the_last_handshake_grows_old(ends):
    meet(*ends)
    peer(ends[0])
    ends[1].switch_off()
    ends[0].advance(300)

    assert peer(ends[0])["last-handshake"] == "5m"


def test_a_new_key_is_another_peer_whom_nobody_has_met(ends):
    row = meet(*ends)
    assert "last-handshake" in peer(ends[0])
    ends[0].set(PEERS, row, {"public-key": "A" * 43 + "="})

    assert "last-handshake" not in peer(ends[0])


def test_management_through_a_tunnel_is_gone_while_nobody_answers_there(ends):
    one, two = ends
    meet(one, two)
    one.manage_through(tunnel="wg")
    assert not cut_off(one)

    two.set(PEERS, peer(two)[".id"], {"public-key": "A" * 43 + "="})

    assert cut_off(one)


def cut_off(device):
    return device.router.verdict(Packet("api", "127.0.0.1", is_new=True)) is Verdict.GONE
