import pytest

from networks.models import Gateway, Network, Node
from networks.wireguard import public_key_of
from tests.factories import MembershipFactory, NodeFactory, RouterFactory, UserFactory

pytestmark = pytest.mark.django_db

CONFIG = "/api/nodes/skynet/8c:90:b5:06:f1:d9/config"
QR = "/api/nodes/skynet/8c:90:b5:06:f1:d9/qr"


@pytest.fixture
def server(network):
    return NodeFactory(
        network=network, name="server", endpoint="198.51.100.7", public_key="", has_valid_key=False
    )


def given_a_key(node):
    node.public_key = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
    node.has_valid_key = True
    node.save()


def lines(text):
    return [line for line in text.splitlines() if line]


def test_a_configuration_says_all_but_the_private_key(client, network, node, server):
    given_a_key(server)
    Gateway.objects.create(node=server, ranges=["172.31.0.0/16"], interface="eth0")
    Network.objects.update(dns=["10.70.0.53"], mtu=1380)

    answer = client.get(CONFIG)

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert lines(answer.content.decode()) == [
        "[Interface]",
        "# PrivateKey = ",
        "Address = 10.70.0.1/16",
        "DNS = 10.70.0.53",
        "MTU = 1380",
        "# server",
        "[Peer]",
        "PublicKey = hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
        "AllowedIPs = 10.70.0.2/32, 172.31.0.0/16",
        "Endpoint = 198.51.100.7:51821",
        "PersistentKeepalive = 20",
    ]


def test_who_is_called_listens_and_keeps_no_way_open(client, network, node):
    Node.objects.filter(pk=node.pk).update(endpoint="198.51.100.9")
    NodeFactory(network=network)

    text = client.get(CONFIG).content.decode()

    assert "ListenPort = 51821" in text
    assert "PersistentKeepalive" not in text


def test_in_a_star_the_hub_leads_to_everybody(client, network, node):
    Network.objects.update(topology="hub")
    NodeFactory(network=network, is_hub=True, endpoint="198.51.100.7")
    NodeFactory(network=network)

    text = client.get(CONFIG).content.decode()

    assert text.count("[Peer]") == 1
    assert "AllowedIPs = 10.70.0.0/16" in text


def test_a_new_pair_of_keys_is_shown_once_and_its_private_half_is_kept_nowhere(client, node):
    answer = client.post(CONFIG)
    private_key = answer.json()["config"].split("PrivateKey = ")[1].split("\n")[0]
    row = Node.objects.filter(pk=node.pk).values().get()

    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["publickey"] == public_key_of(private_key) == row["public_key"]
    assert private_key not in str(row)
    assert private_key not in client.get(CONFIG).content.decode()


def test_a_node_makes_itself_new_keys(as_node, node):
    assert as_node(node).post(CONFIG).status_code == 200


def test_a_node_reads_no_other_nodes_configuration(as_node, network, node):
    assert as_node(NodeFactory(network=network)).get(CONFIG).status_code == 403


def test_a_viewer_makes_no_keys_for_others(client_of, operator, network, node):
    viewer = UserFactory()
    MembershipFactory(user=viewer, company=network.company, role="viewer")

    assert client_of(viewer).get(CONFIG).status_code == 200
    assert client_of(viewer).post(CONFIG).status_code == 403


@pytest.mark.parametrize("own", ["router", "is_host"])
def test_who_makes_its_own_key_is_given_none(client, network, node, own):
    value = RouterFactory(company=network.company) if own == "router" else True
    Node.objects.filter(pk=node.pk).update(**{own: value})

    assert client.post(CONFIG).json()["Code"] == 409


def test_who_waits_for_approval_has_no_configuration(client, node):
    Node.objects.filter(pk=node.pk).update(is_pending=True)

    assert client.get(CONFIG).status_code == 409
    assert client.post(CONFIG).status_code == 409


@pytest.mark.parametrize(
    ("accept", "begins"),
    [("*/*", b"<?xml"), ("image/svg+xml", b"<?xml"), ("image/png", b"\x89PNG")],
)
def test_a_qr_code_is_drawn_as_the_caller_wants_it(client, node, accept, begins):
    answer = client.get(QR, headers={"Accept": accept})

    assert answer.content.startswith(begins)
    assert answer["Content-Type"] == ("image/png" if accept == "image/png" else "image/svg+xml")


def test_what_is_too_long_for_a_qr_code_is_refused_with_advice(client, network, node):
    for number in range(40):
        NodeFactory(network=network, endpoint=f"198.51.100.{number + 1}")

    assert "hub" in client.get(QR).json()["Message"]
    assert client.post(CONFIG).json()["qr"] is None
