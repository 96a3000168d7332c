import pytest

from networks import wireguard
from networks.wireguard import Interface, Peer

# RFC 7748, 6.1: Alice's pair.
PRIVATE = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
PUBLIC = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="


def test_a_public_key_is_what_the_curve_makes_of_the_private_one():
    assert wireguard.public_key_of(PRIVATE) == PUBLIC


def test_new_keys_are_keys_and_differ():
    first, second = wireguard.new_private_key(), wireguard.new_private_key()

    assert wireguard.is_key(first)
    assert first != second


@pytest.mark.parametrize(
    "text", ["", "aorijqalrik3ajflaqrdajhkr", PUBLIC[:-1], PUBLIC + "\n", "é" * 44, "A" * 44]
)
def test_what_is_no_key_is_told_apart(text):
    assert not wireguard.is_key(text)


def test_a_configuration_has_ones_own_end_and_each_peer():
    own = Interface(["10.70.0.2/16"], listen_port=51821, private_key=PRIVATE, mtu=1420)
    hub = Peer(PUBLIC, ["10.70.0.0/16"], "198.51.100.7:51821", keepalive=20, name="netmaker")

    assert wireguard.configuration(own, [hub]).splitlines() == [
        "[Interface]", f"PrivateKey = {PRIVATE}", "Address = 10.70.0.2/16", "ListenPort = 51821",
        "MTU = 1420", "",
        "# netmaker", "[Peer]", f"PublicKey = {PUBLIC}", "AllowedIPs = 10.70.0.0/16",
        "Endpoint = 198.51.100.7:51821", "PersistentKeepalive = 20",
    ]  # fmt: skip


def test_a_private_key_is_not_shown_by_accident():
    assert PRIVATE not in repr(Interface(["10.70.0.2/16"], private_key=PRIVATE))


def test_an_ipv6_endpoint_stands_in_brackets():
    assert wireguard.host_and_port("2001:db8::7", 51821) == "[2001:db8::7]:51821"
