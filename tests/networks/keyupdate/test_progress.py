import pytest

from networks.keyupdate import services
from networks.models import KeyChange
from tests.factories import NodeFactory

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

PATH = "/api/networks/skynet/keyupdate"


def test_before_the_first_update_there_is_nothing_to_show(client, network):
    answer = client.get(PATH).json()

    assert (answer["startedat"], answer["nodes"], answer["changes"]) == (0, 0, [])


def test_each_node_shows_how_far_it_is(client, network):
    node = NodeFactory(network=network, name="laptop1")
    client.post(PATH)
    KeyChange.objects.update(state="failed", error="Nobody heard it.", attempts=2)

    answer = client.get(PATH).json()

    assert (answer["failed"], answer["unfinished"], answer["endedat"]) == (1, 1, 0)
    assert answer["changes"] == [
        {
            "macaddress": node.mac_address,
            "name": "laptop1",
            "state": "failed",
            "error": "Nobody heard it.",
            "attempts": 2,
        }
    ]


def test_an_update_that_waits_for_nobody_s_turn_gives_way_to_another(network):
    NodeFactory(network=network)
    services.start(network, None)
    KeyChange.objects.update(state="away")

    services.start(network, None)

    assert network.key_updates.count() == 2
    assert network.key_updates.filter(ended_at=None).count() == 1
    assert KeyChange.objects.get().state == "queued"
