import pytest

from networks.hub.running import Hub
from networks.models import Node
from tests import wireguard

pytestmark = [*wireguard.needed, pytest.mark.django_db]


def enrol(client, network, number, **facts):
    mac = f"8c:90:b5:06:f1:{number:02x}"
    path = f"/api/nodes/{network.netid}"
    answer = client.post(path, {"macaddress": mac, "password": "reallysecret", **facts})
    assert answer.status_code == 200, answer.content
    return f"{path}/{mac}"


def test_two(lab, client, network):
    a, b = lab.machine("198.51.100.1/24"), lab.machine("198.51.100.2/24")
    pa = enrol(client, network, 1, endpoint="198.51.100.1")
    pb = enrol(client, network, 2, endpoint="198.51.100.2")
    keys = [client.post(f"{p}/config").json() for p in (pa, pb)]
    texts = [client.get(f"{p}/config").content.decode() for p in (pa, pb)]
    print(texts[0], keys[0])
    for (
        m,
        key,
        text,
    ) in zip((a, b), keys, texts):
        own = [l for l in key["config"].splitlines() if l.startswith("PrivateKey")][0]
        m.connect(text.replace("# PrivateKey = ", own))
    assert a.reaches("10.70.0.2")


def test_hub(lab, client, network, settings, tmp_path):
    settings.STATE_DIR = tmp_path / "state"
    settings.MESH_ENDPOINT = "198.51.100.1"
    client.put(f"/api/networks/{network.netid}", {"topology": "hub"})
    host = lab.machine("198.51.100.1/24")
    hub = Hub()
    with host.inside():
        hub.take_turn()
    r = client.post(f"/api/server/addnetwork/{network.netid}")
    assert r.json() == "Server added to network skynet", r.content
    with host.inside():
        hub.take_turn()
    ms = []
    for n in (2, 3):
        m = lab.machine(f"198.51.100.{n}/24")
        p = enrol(client, network, n)
        m.connect(client.post(f"{p}/config").json()["config"])
        ms.append(m)
    print(Node.objects.filter(is_host=True).values())
    with host.inside():
        hub.take_turn()
    assert ms[0].reaches("10.70.0.1")
    assert ms[0].reaches("10.70.0.3")
    print(host.do("ip", "rule"), host.do("ip", "route", "show", "table", "all"))
    with host.inside():
        hub._observe_at = 0
        hub.take_turn()
    print(client.get(f"{p}").json())
    client.delete(f"/api/server/removenetwork/{network.netid}")
    with host.inside():
        hub.take_turn()
    print(host.do("ip", "link"), host.do("ip", "rule"))
