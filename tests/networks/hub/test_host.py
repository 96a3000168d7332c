"""What the hub does to a host's interfaces: in a namespace of its own, with WireGuard itself."""

import shutil
from pathlib import Path

import pytest

from networks.hub.host import Host, HostRefused
from networks.hub.tunnels import Tunnel
from networks.wireguard import Peer, new_private_key, public_key_of
from tests import wireguard
from tests.networks.wireguard_live.lab import Lab

pytestmark = wireguard.needed

KEY = new_private_key()
PEER = public_key_of(new_private_key())


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.close()


@pytest.fixture
def machine(lab):
    return lab.machine("198.51.100.1/24")


@pytest.fixture
def host(machine):
    host = Host("mark")
    yield host
    with machine.inside():
        for interface in host.interfaces().values():
            host.take_down(interface)


@pytest.fixture
def tunnel(lab):
    """Return the lab's tunnel with other facts."""

    def make(**facts):
        usual = {"addresses": ("10.70.0.1/16",), "listen_port": 51821, "mtu": 1420, "peers": ()}
        return Tunnel(lab.tag, **(usual | facts))

    return make


def test_an_interface_follows_what_it_shall_be_and_leaves_nothing_behind(machine, host, tunnel):
    both = ("10.70.0.1/16", "fd00:70::1/64")
    first = tunnel(addresses=both, peers=(Peer(PEER, ("10.70.0.2/32", "172.31.0.0/16")),))
    then = tunnel(addresses=("10.71.0.1/16",), listen_port=51900, mtu=1300)
    with machine.inside():
        before = machine.do("ip", "rule")
        host.bring_up(first, KEY)
        routes = machine.do("ip", "route", "show", "table", str(first.table))
        assert "172.31.0.0/16 dev" in routes
        assert "172.31.0.0/16" not in machine.do("ip", "route")

        host.bring_up(then, KEY)

        seen = host.look(then.interface)
        link = machine.do("ip", "address", "show", "dev", then.interface)
        assert (seen.listen_port, seen.peers) == (51900, {})
        assert "10.71.0.1/16" in link
        assert "10.70.0.1" not in link
        assert "fd00:70::1" not in link
        assert "mtu 1300" in link

        host.take_down(then.interface)

        assert then.interface not in machine.do("ip", "link")
        assert machine.do("ip", "rule") == before


def test_another_process_of_ours_goes_on_with_what_it_finds(machine, host, tunnel):
    wanted = tunnel(peers=(Peer(PEER, ("10.70.0.2/32",)),))
    with machine.inside():
        host.bring_up(wanted, KEY)
        before = machine.do("ip", "-d", "address"), machine.do("ip", "rule")

        Host("mark").bring_up(wanted, KEY)

        assert (machine.do("ip", "-d", "address"), machine.do("ip", "rule")) == before


def test_another_installation_on_the_host_leaves_ours_alone(machine, host, tunnel):
    with machine.inside():
        host.bring_up(tunnel(), KEY)

        assert Host("another").interfaces() == {}
        with pytest.raises(HostRefused, match="none of ours"):
            Host("another").bring_up(tunnel(), KEY)


def test_wireguard_go_runs_where_the_kernel_knows_no_wireguard_and_only_there(
    machine, host, tunnel
):
    try:
        machine.do("ip", "link", "add", "dev", "trial", "type", "wireguard")
        kernel_knows = True
    except AssertionError:
        kernel_knows = False
    with machine.inside():
        host.bring_up(tunnel(), KEY)

    assert Path(f"/var/run/wireguard/{tunnel().interface}.sock").exists() is not kernel_knows


def test_without_either_it_is_said_what_to_install(machine, host, tunnel, monkeypatch, tmp_path):
    for program in ("ip", "wg"):
        (tmp_path / program).symlink_to(shutil.which(program))
    monkeypatch.setenv("PATH", str(tmp_path))
    bare = tunnel()
    if Path("/sys/module/wireguard").exists():
        pytest.skip("this kernel knows WireGuard, and needs nothing else")

    with machine.inside(), pytest.raises(HostRefused, match="install wireguard-go"):
        host.bring_up(bare, KEY)


def test_somebody_elses_interface_of_this_name_is_left_alone(machine, host, tunnel):
    name = tunnel().interface
    with machine.inside():
        machine.do("ip", "link", "add", "name", name, "type", "bridge")

        with pytest.raises(HostRefused, match="none of ours"):
            host.bring_up(tunnel(), KEY)

        assert host.interfaces() == {}
        machine.do("ip", "link", "del", name)


def test_an_interface_that_a_process_died_over_is_gone_on_with(machine, host, tunnel):
    name = tunnel().interface
    with machine.inside():
        machine.do("wireguard-go", name)

        host.bring_up(tunnel(), KEY)

        assert list(host.interfaces().values()) == [name]


def test_wireguard_that_somebody_else_set_up_is_left_alone(machine, host, tunnel):
    name = tunnel().interface
    with machine.inside():
        machine.do("wireguard-go", name)
        machine.do("wg", "set", name, "private-key", "/dev/stdin", text=KEY)

        with pytest.raises(HostRefused, match="none of ours"):
            host.bring_up(tunnel(), KEY)


@pytest.mark.parametrize(
    ("addresses", "why"),
    [(("198.51.100.5/24",), "belongs to others"), (("192.168.7.1/16",), "overlaps")],
)
def test_what_the_host_reaches_elsewhere_is_not_taken_from_it(
    machine, host, tunnel, addresses, why
):
    with machine.inside():
        machine.do("ip", "address", "add", "192.168.9.1/24", "dev", "wan")

        with pytest.raises(HostRefused, match=why):
            host.bring_up(tunnel(addresses=addresses), KEY)

        assert host.interfaces() == {}


def test_a_gateway_to_everything_draws_nothing_of_what_the_host_sends(machine, host, tunnel):
    wanted = tunnel(peers=(Peer(PEER, ("10.70.0.2/32", "0.0.0.0/0")),))
    with machine.inside():
        host.bring_up(wanted, KEY)
        host.bring_up(wanted, KEY)

        for_peers = machine.do("ip", "route", "show", "table", str(wanted.table))
        assert f"default dev {wanted.interface}" in for_peers
        assert "default" not in machine.do("ip", "route", "show", "table", "main")


def test_forwarding_is_switched_on_for_the_tunnel_alone(machine, host, tunnel):
    with machine.inside():
        host.bring_up(tunnel(), KEY)
        switches = {
            name: Path(f"/proc/sys/net/ipv4/conf/{name}/forwarding").read_text().strip()
            for name in (tunnel().interface, "wan", "all")
        }

    assert switches == {tunnel().interface: "1", "wan": "0", "all": "0"}
