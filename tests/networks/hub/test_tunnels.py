from networks.addressing import range_of
from networks.hub.tunnels import Tunnel, changed_peers, for_wg, is_nobodys, read_dump
from networks.wireguard import Peer

KEYS = [f"{letter * 43}=" for letter in "AEIM"]
DUMP = (
    f"secret\t{KEYS[0]}\t51821\toff\n"
    f"{KEYS[1]}\t(none)\t198.51.100.3:39090\t10.70.0.3/32,172.31.0.0/16\t1795295873\t700\t692\toff\n"
    f"{KEYS[2]}\t(none)\t(none)\t(none)\t0\t0\t0\t25\n"
)


def seen():
    return read_dump(DUMP).peers


def test_what_wg_prints_is_read_without_its_secret():
    found = read_dump(DUMP)

    assert (found.public_key, found.listen_port) == (KEYS[0], 51821)
    assert found.peers[KEYS[1]].endpoint == "198.51.100.3:39090"
    assert found.peers[KEYS[1]].allowed_addresses == {"10.70.0.3/32", "172.31.0.0/16"}
    assert found.peers[KEYS[2]].handshake_at == 0
    assert "secret" not in repr(found)


def test_an_interface_without_a_key_has_none():
    assert read_dump("(none)\t(none)\t0\toff").public_key == ""


def test_a_peer_that_is_as_it_shall_be_is_left_alone():
    wanted = Peer(KEYS[1], ("172.31.0.0/16", "10.70.0.3/32"), endpoint="203.0.113.1:51821")

    assert list(changed_peers([wanted], seen())) == []


def test_a_peer_that_is_known_is_not_told_where_to_be():
    wanted = Peer(KEYS[1], ("10.70.0.3/32",), endpoint="203.0.113.1:51821")

    assert list(changed_peers([wanted], seen())) == [Peer(KEYS[1], ("10.70.0.3/32",))]


def test_a_new_peer_is_called_at_once_if_it_can_be():
    called = Peer(KEYS[3], ("10.70.0.4/32",), endpoint="198.51.100.4:39090")
    waiting = Peer(KEYS[3], ("10.70.0.4/32",))

    assert next(changed_peers([called], seen())).keepalive
    assert next(changed_peers([waiting], seen())) == waiting


def test_what_wg_reads_says_that_there_shall_be_no_keepalive():
    assert "PersistentKeepalive = off" in for_wg([Peer(KEYS[1], ("10.70.0.3/32",))])


def test_what_comes_out_of_a_tunnel_may_go_to_its_own_ranges_and_those_behind_gateways():
    peers = (Peer(KEYS[1], ("10.70.0.3/32", "172.31.0.0/16")), Peer(KEYS[2], ("0.0.0.0/0",)))
    tunnel = Tunnel("skynet", ("10.70.0.1/16",), 51821, 1420, peers)

    assert list(map(str, tunnel.routes())) == ["10.70.0.0/16", "172.31.0.0/16", "0.0.0.0/0"]


def test_only_addresses_that_are_nobodys_on_the_internet_may_be_a_hosts():
    assert is_nobodys(range_of("10.70.0.0/16"))
    assert is_nobodys(range_of("fd00::/64"))
    assert not is_nobodys(range_of("8.8.8.0/24"))
    assert not is_nobodys(range_of("0.0.0.0/1"))
