import pytest

from networks.hub.running import Hub
from networks.models import Network, Node
from tests.factories import NetworkFactory, NodeFactory

from .agents import Agent
from .lab import Lab


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.close()


@pytest.fixture
def network(lab, operator):
    """The operator's network, a star; its name is the lab's, for it is the hub's interface's too."""
    return NetworkFactory(owner=operator, netid=lab.tag, topology=Network.Topology.HUB)


@pytest.fixture
def peer(lab, network, as_node):
    """Return a function that makes a machine on the Internet, and a node of it; not yet connected."""

    def make(number, **facts):
        machine = lab.machine(f"198.51.100.{number}/24")
        node = NodeFactory(network=network, name=f"peer{number}", **facts)
        return Agent(machine, as_node(node), node)

    return make


class HubMachine:
    """A machine that CloudPilot runs on, as far as the hub goes."""

    def __init__(self, machine):
        self.machine = machine
        self.start()

    def start(self):
        self.hub = Hub()
        self.take_turn()

    def restart(self):
        self.hub.close()
        self.start()

    def take_turn(self):
        with self.machine.inside():
            self.hub.take_turn()

    def public_key(self):
        """Return the key that the tunnel has in fact."""
        name = self.node().interface
        return self.machine.do("wg", "show", name, "public-key").strip()

    def node(self):
        return Node.objects.get(is_host=True)


@pytest.fixture
def host(lab, client, network, settings, tmp_path):
    """The machine of CloudPilot itself, hub of the operator's network by now."""
    settings.STATE_DIR = tmp_path / "state"
    settings.MESH_ENDPOINT = "198.51.100.1"
    host = HubMachine(lab.machine("198.51.100.1/24"))
    assert client.post(f"/api/server/addnetwork/{network.netid}").status_code == 200
    host.take_turn()
    yield host
    with host.machine.inside():
        host.hub.take_down_all()
