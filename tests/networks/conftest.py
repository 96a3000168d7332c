import pytest
from django.utils import timezone

from networks import tokens
from networks.observing.asking import Seen
from networks.onboarding import services, texts
from routers import connections
from routers.simulator import Simulator
from tests.conftest import Client
from tests.factories import AccessKeyFactory, NetworkFactory, NodeFactory
from tests.networks.boxes import Box

MASTER_KEY = "secret key"
KEY = "aA3bVG0rnItIRXDx"
MAC = "8c:90:b5:06:f1:d9"


@pytest.fixture
def network(operator):
    """The operator's network."""
    return NetworkFactory(owner=operator, netid="skynet")


@pytest.fixture
def access_key(network):
    return AccessKeyFactory(network=network, name="mykey", value=KEY, uses_left=10)


@pytest.fixture
def master(settings):
    """A client with the master key, as the page has it: with a space in it."""
    settings.MESH_MASTER_KEY = MASTER_KEY
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {MASTER_KEY}")
    return client


@pytest.fixture
def node(network):
    node = NodeFactory(network=network, mac_address=MAC, name="laptop1")
    node.set_password("reallysecret")
    node.save()
    return node


@pytest.fixture
def as_node():
    """Return a client that speaks for a node."""

    def client_of(node):
        client = Client()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(node)}")
        return client

    return client_of


@pytest.fixture
def joined(anonymous, access_key):
    """Let devices join the operator's network, each with what is said of it."""

    def join(number=1, **facts):
        mac = f"8c:90:b5:06:f1:{number:02x}"
        body = {"macaddress": mac, "password": "reallysecret", "accesskey": KEY, **facts}
        return anonymous.post(f"/api/nodes/{access_key.network.netid}", body)

    return join


@pytest.fixture(scope="session")
def _simulators():
    with Simulator(3) as simulator:
        yield simulator


@pytest.fixture
def devices(_simulators, db):
    """Three simulated routers whose tunnels can meet."""
    yield _simulators.devices
    connections.close()
    for device in _simulators.devices:
        device.faults.clear()
        device.switch_on()
        device.factory_reset()
        device.sentences.clear()


@pytest.fixture
def box(db):
    return Box()


@pytest.fixture
def line(access_key):
    return texts.line(access_key.network, KEY)


@pytest.fixture
def taken_in(node):
    """The operator's node, when its device has fetched an account and said nothing since."""
    node.router = None
    services.take_in(node, seen=Seen(timezone.now()), routeros="7.16.2 (stable)", board="hEX")
    node.refresh_from_db()
    return node


@pytest.fixture
def onboarded(box, line):
    """A router on which the line was pasted."""
    box.paste(line)
    return box
