"""A mesh of five thousand: how long a device takes to join it, and to be told of all the others."""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

NODES = int(os.environ.get("NODES", "5000"))
SAMPLES = 200
PROMISED_JOIN_MS = 50
PROMISED_PEERS_MS = 100
# A join in a full network costs at most so much more than in an empty one.
PROMISED_RATIO = 3

failed = False


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "cloudpilot.settings", "STATE_DIR": folder}
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'db.sqlite3'}")
        client, network = mesh()
        empty = measure_joins("an empty network", client, first=0)
        fill(network)
        full = measure_joins(f"one of {NODES:,}", client, first=2 * NODES)
        show("how much dearer that is", full / empty, "times", PROMISED_RATIO)
        measure_reads(client)
        measure_addresses(network)
    sys.exit(failed)


def show(what, amount, unit, promised=None):
    global failed
    words = "" if promised is None else f"   promised <= {promised} {unit}"
    print(f"{what:<58}{amount:>9.2f} {unit}{words}", flush=True)
    failed |= promised is not None and amount > promised


def mesh():
    """Return a client that speaks for an operator, and a network of theirs with a key for all."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    import logging

    from django.conf import settings
    from rest_framework.test import APIClient

    from networks.keys import services as keys
    from networks.mesh import services
    from users import services as users
    from users import tokens

    settings.ALLOWED_HOSTS.append("testserver")
    logging.disable(logging.INFO)
    user, _ = users.register(
        username=f"bench-{time.time_ns()}", email="bench@example.com", password="teapot-and-mango"
    )
    network = services.create(user.personal_company, netid="bench", address_range="10.64.0.0/16")
    keys.create(network, name="all", value="benchmark-key", uses_left=None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.start_family(user).access_token}")
    return client, network


def mac_of(number):
    return bytes([2, *number.to_bytes(5, "big")]).hex(":")


def measure_joins(where, client, first):
    from networks.wireguard import new_private_key, public_key_of

    took = []
    for number in range(first, first + SAMPLES):
        body = {
            "macaddress": mac_of(number),
            "publickey": public_key_of(new_private_key()),
            "password": "reallysecret",
            "accesskey": "benchmark-key",
        }
        began = time.perf_counter()
        response = client.post("/api/nodes/bench", body, format="json")
        took.append((time.perf_counter() - began) * 1e3)
        assert response.status_code == 200, response.content
    return show_both(f"a join into {where}", took, PROMISED_JOIN_MS)


def show_both(what, took, promised):
    """Show the median and the 95th percentile; answers the median."""
    middle = statistics.median(took)
    show(f"{what}: p50", middle, "ms")
    show(f"{what}: p95", statistics.quantiles(took, n=20)[-1], "ms", promised)
    return middle


def fill(network):
    """Add nodes until there are as many as promised, each with an address and a key."""
    from django.db import connection, transaction

    from networks import allocation
    from networks.models import Node
    from networks.wireguard import new_private_key, public_key_of

    with transaction.atomic():
        own = allocation.locked(network.pk)
        for number in range(NODES - Node.objects.count()):
            mac = mac_of(NODES + number)
            Node.objects.create(
                network=own, mac_address=mac, name=f"node-{number}", interface="nm-bench",
                listen_port=51821, keepalive=20, endpoint="198.51.100.7" if number % 2 else "",
                public_key=public_key_of(new_private_key()), has_valid_key=True,
                **own.addresses_at(allocation.lease(own, mac).number),
            )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure_reads(client):
    """Also as a node of it reads them: its peers at a check-in, and the whole list."""
    for what, ask in {
        "a check-in with all peers": lambda: client.post(f"/api/nodes/bench/{mac_of(1)}/checkin"),
        "the list of all nodes": lambda: client.get("/api/nodes/bench"),
    }.items():
        took = []
        for _ in range(20):
            began = time.perf_counter()
            response = ask()
            took.append((time.perf_counter() - began) * 1e3)
            assert response.status_code == 200
        is_promised = what.startswith("a check-in")
        show(
            f"{what}: p50",
            statistics.median(took),
            "ms",
            PROMISED_PEERS_MS if is_promised else None,
        )


def measure_addresses(network):
    addresses = list(network.nodes.values_list("address", flat=True))
    show("addresses that two nodes have", len(addresses) - len(set(addresses)), "", 0)


if __name__ == "__main__":
    main()
