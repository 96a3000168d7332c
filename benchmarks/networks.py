"""A mesh of five thousand: how long a device takes to join it, and to be told of all the others.
And a star of two hundred routers: how long it takes until all of them have heard of a change.
"""

import base64
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

from benchmarks.setting import add_router, client_of, database, missed, show, somebody
from cloudpilot import collector

NODES = int(os.environ.get("NODES", "5000"))
SAMPLES = 100
PROMISED_JOIN_MS = 50
PROMISED_PEERS_MS = 100
# A join in a full network costs at most so much more than in an empty one.
PROMISED_RATIO = 3
ROUTERS = int(os.environ.get("ROUTERS", "200"))
TOPOLOGY = os.environ.get("TOPOLOGY", "hub")  # or mesh, in which each is a peer of all
PROMISED_REACH_SECONDS = 30


def main():
    with database():
        client, network = mesh()
        measure_hash()
        collector.settle()  # as gunicorn's processes do
        empty = measure_joins("an empty network", first=0)
        fill(network)
        full = measure_joins(f"one of {NODES:,}", first=2 * NODES)
        show("how much dearer that is", full / empty, "times", PROMISED_RATIO)
        measure_reads(client)
        measure_addresses(network)
        measure_routers(network.company)
    sys.exit(bool(missed))


def mesh():
    """Return a client that speaks for an operator, and a network of theirs with a key for all."""
    from networks.keys import services as keys
    from networks.mesh import services

    user = somebody()
    network = services.create(user.personal_company, netid="bench", address_range="10.64.0.0/16")
    keys.create(network, name="all", value="benchmark-key", uses_left=None)
    return client_of(user), network


def mac_of(number):
    return bytes([2, *number.to_bytes(5, "big")]).hex(":")


def measure_hash():
    """What a join costs at the least: its node's password is hashed, which is meant to be slow."""
    from django.contrib.auth.hashers import make_password

    def hash_one():
        make_password("reallysecret")
        return HttpResponse()

    from django.http import HttpResponse

    show_all("of a join, the hash of its password", timed(hash_one, SAMPLES))


def measure_joins(where, first):
    from rest_framework.test import APIClient

    from networks.wireguard import new_private_key, public_key_of

    numbers = iter(range(first, first + SAMPLES))

    def join():
        body = {
            "macaddress": mac_of(next(numbers)),
            "publickey": public_key_of(new_private_key()),
            "password": "reallysecret",
            "accesskey": "benchmark-key",
        }
        return device.post("/api/nodes/bench", body, format="json")

    device = APIClient()  # which has its access key and nothing else
    return show_all(f"a join into {where}", timed(join, SAMPLES), PROMISED_JOIN_MS)


def fill(network):
    """Add nodes until there are as many as promised, each with an address and a key."""
    from django.db import connection

    from networks.models import Lease, Network, Node

    leases, nodes = [], []
    for number in range(Node.objects.count() + 1, NODES + 1):
        mac = mac_of(NODES + number)
        leases.append(Lease(network=network, mac_address=mac, number=number))
        nodes.append(
            Node(
                network=network, mac_address=mac, name=f"node-{number}", interface="nm-bench",
                listen_port=51821, keepalive=20, endpoint="198.51.100.7" if number % 2 else "",
                public_key=base64.b64encode(os.urandom(32)).decode(), has_valid_key=True,
                **network.addresses_at(number),
            )
        )  # fmt: skip
    Lease.objects.bulk_create(leases, batch_size=500)
    Node.objects.bulk_create(nodes, batch_size=200)
    Network.objects.filter(pk=network.pk).update(lowest_free=NODES + 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure_reads(client):
    """What a node hears at its check-in, all of its peers among it; and what its people list."""
    own = f"/api/nodes/bench/{mac_of(1)}/checkin"
    checked_in = timed(lambda: client.post(own), SAMPLES)
    show_all("a check-in with all peers", checked_in, PROMISED_PEERS_MS)
    show_all("the list of all nodes", timed(lambda: client.get("/api/nodes/bench"), 20))


def timed(ask, times):
    """Return how long each of some requests took, and how long it kept the processor."""
    took = []
    for _ in range(times):
        began, began_cpu = time.perf_counter(), time.process_time()
        response = ask()
        took.append((1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - began_cpu)))
        assert response.status_code == 200, response.content
    return took


def show_all(what, took, promised=None):
    """Show the median and the 95th percentile; answers the median of what the processor did."""
    by_clock, by_cpu = zip(*took, strict=True)
    cpu = statistics.median(by_cpu)
    show(f"{what}: p50 (cpu {cpu:.1f})", statistics.median(by_clock), "ms")
    show(f"{what}: p95", statistics.quantiles(by_clock, n=20)[-1], "ms", promised)
    return cpu


def measure_addresses(network):
    addresses = list(network.nodes.values_list("address", flat=True))
    show("addresses that two nodes have", len(addresses) - len(set(addresses)), "", 0)


def measure_routers(company):
    """Have simulated routers, in a process of their own, call a hub; and change the hub."""
    from benchmarks.fleet import routers
    from networks.nodes import services as nodes

    with routers(ROUTERS) as (ports, _), worker():
        began = time.perf_counter()
        network, hub = network_of(company, ports)
        until_all_are_as_they_should_be(network)
        took = time.perf_counter() - began
        show(f"{ROUTERS} routers join a {TOPOLOGY} and are in it", took, "s")
        for number in range(3):
            began = time.perf_counter()
            nodes.update(hub, endpoint=f"198.51.100.{number + 1}")
            until_all_are_as_they_should_be(network)
            took = time.perf_counter() - began
            show(f"a change of the hub reaches all {ROUTERS}", took, "s", PROMISED_REACH_SECONDS)


def network_of(company, ports):
    from networks.joining import Admission, Door, join
    from networks.mesh import services
    from networks.wireguard import new_private_key, public_key_of

    network = services.create(company, netid="fleet", address_range="10.128.0.0/16",
                              topology=TOPOLOGY)  # fmt: skip
    by_hand = Admission(network, Door.PEOPLE)
    hub = join(by_hand, mac_address=mac_of(2**32), is_hub=True, endpoint="198.51.100.200",
               public_key=public_key_of(new_private_key()))  # fmt: skip
    for number, port in enumerate(ports, start=1):
        router = add_router(company, port=port)
        join(by_hand, mac_address=mac_of(2**32 + number), router=router)
    return network, hub


def until_all_are_as_they_should_be(network):
    while network.nodes.exclude(router=None).exclude(sync_state="ok").exists():
        time.sleep(0.2)


@contextmanager
def worker():
    """Run a worker as `manage.py run_worker` does, on our database."""
    command = [sys.executable, "manage.py", "run_worker"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
