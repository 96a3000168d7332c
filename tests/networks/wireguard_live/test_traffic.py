"""Packets through what the product makes: keys, configurations, and the host as a hub."""

import os
import subprocess
import sys
import time

import pytest
from django.conf import settings as django_settings

from networks.models import HubProcess, Network, Node
from tests import wireguard
from tests.processes import database_url, eventually

from .lab import Ping

pytestmark = [*wireguard.needed, pytest.mark.django_db]


def lead_to(client, node, text):
    """Have people make a node the way to this range behind it."""
    path = f"/api/nodes/{node.network.netid}/{node.mac_address}/creategateway"
    assert client.post(path, {"rangestring": text, "interface": "lan"}).status_code == 200


def test_two_peers_reach_each_other_by_the_configurations_that_they_are_given(network, peer):
    Network.objects.update(topology=Network.Topology.MESH)
    one, other = (peer(n, endpoint=f"198.51.100.{n}") for n in (2, 3))

    one.connect()
    other.connect()

    assert one.machine.reaches(other.node.address)


def test_three_peers_of_a_star_reach_what_is_behind_one_of_them(lab, client, network, host, peer):
    shop, laptop = peer(2), peer(3)
    printer = lab.behind(shop.machine, "192.168.88.1/24", "192.168.88.20/24")
    lead_to(client, shop.node, "192.168.88.0/24")
    host.take_turn()

    for agent in (shop, laptop):
        agent.connect()

    assert laptop.machine.reaches("192.168.88.20")
    assert printer.reaches(laptop.node.address)


def test_peers_of_a_star_reach_each_other_and_what_is_behind_one_by_ipv6(
    lab, client, network, host, peer
):
    client.put(f"/api/networks/{network.netid}", {"isdualstack": True})
    host.machine.do("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    network.refresh_from_db()
    shop, laptop = peer(2), peer(3)
    printer = lab.behind(shop.machine, "fd00:88::1/64", "fd00:88::20/64")
    lead_to(client, shop.node, "fd00:88::/64")
    host.take_turn()

    for agent in (shop, laptop):
        agent.connect()

    assert laptop.machine.reaches(host.node().address6)
    assert laptop.machine.reaches(shop.node.address6)
    assert laptop.machine.reaches("fd00:88::20")
    assert printer.reaches(laptop.node.address6)


@pytest.mark.parametrize(
    ("destination", "answer"),
    [("10.70.0.8", "dev nm-"), ("198.51.100.9", "No route to host")],
)
def test_peers_go_by_the_host_to_each_other_and_nowhere_else(network, host, destination, answer):
    path = ["route", "get", destination, "from", "10.70.0.9", "iif", f"nm-{network.netid}"]

    asked = subprocess.run(
        ["ip", "-n", host.machine.name, *path], capture_output=True, text=True, check=False
    )

    assert answer in asked.stdout + asked.stderr


@pytest.mark.django_db(transaction=True)
def test_five_peers_of_a_star_reach_each_other_by_the_process_that_runs_the_hub(
    lab, client, network, peer, settings, tmp_path
):
    settings.MESH_ENDPOINT = "198.51.100.1"
    machine = lab.machine("198.51.100.1/24")
    with machine.inside():
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_hub"],
            cwd=django_settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "STATE_DIR": str(tmp_path)},
        )
    try:
        agents = [peer(number) for number in (2, 3, 4, 5)]
        eventually(lambda: HubProcess.objects.exists(), seconds=60)
        client.post(f"/api/server/addnetwork/{network.netid}")
        eventually(lambda: Node.objects.get(is_host=True).sync_state == "ok", seconds=60)
        eventually(
            lambda: len(machine.do("wg", "show", f"nm-{network.netid}", "peers").split()) == 4,
            seconds=60,
        )
        for agent in agents:
            agent.connect()

        assert all(agents[0].machine.reaches(agent.node.address) for agent in agents[1:])
        # What the hub saw of them is told by the API.
        path = f"/api/nodes/{network.netid}/{agents[0].node.mac_address}"
        eventually(lambda: client.get(path).json()["lasthandshake"], seconds=60)
    finally:
        process.terminate()
        process.wait(60)
    assert not HubProcess.objects.exists()


def test_new_keys_for_all_cost_a_running_ping_five_seconds_at_most(client, network, host, peer):
    agents = [peer(2), peer(3)]
    host.take_turn()
    for agent in agents:
        agent.connect()
    assert agents[0].machine.reaches(agents[1].node.address)
    before = set(Node.objects.values_list("public_key", flat=True))

    with Ping(agents[0].machine, agents[1].node.address) as ping:
        client.post(f"/api/networks/{network.netid}/keyupdate")
        give_up_at = time.monotonic() + 60
        while _do_their_work(host, agents) and time.monotonic() < give_up_at:
            pass
        answered = len(ping.answered)
        eventually(lambda: len(ping.answered) >= answered + 10, seconds=30)

    assert not before & set(Node.objects.values_list("public_key", flat=True))
    assert ping.longest_silence() <= 5.0


def _do_their_work(host, agents):
    """Let the host and the peers do what they do each second; say whether anything is left to do."""
    work = [agent.check_in() for agent in agents]
    key = host.node().public_key
    host.take_turn()
    return any(work) or host.node().public_key != key or Node.objects.awaiting_key().exists()
