import pytest

from networks.hub.membership import MAC_ADDRESS
from networks.models import Node
from tests.factories import NodeFactory


@pytest.fixture
def hub(network):
    """This host as the network's hub, its tunnel up."""
    return NodeFactory(
        network=network, mac_address=MAC_ADDRESS, is_hub=True, is_host=True,
        address="10.70.0.250", sync_state=Node.Sync.OK,
    )  # fmt: skip
