"""Who may read what a router should hold, and who may speak for it."""

import pytest

from cloudpilot.tenancy import Role
from networks.models import Onboarding
from tests.conftest import Client
from tests.factories import MembershipFactory, NodeFactory
from tests.networks.conftest import MAC

ADDRESSES = "/ip/address"


def test_people_see_the_rows_and_strangers_nothing(client, stranger, taken_in):
    shown = client.get(f"/api/nodes/skynet/{MAC}/desired").json()

    assert {row["menu"] for row in shown["rows"]} >= {"/interface/wireguard", ADDRESSES}
    assert shown["left_out"] == []
    assert Client().as_user(stranger).get(f"/api/nodes/skynet/{MAC}/desired.rsc").status_code == 404


def test_a_viewer_sees_no_codes(stranger, taken_in, network):
    MembershipFactory(company=network.company, user=stranger, role=Role.VIEWER)

    viewer = Client().as_user(stranger)
    assert viewer.get(f"/api/nodes/skynet/{MAC}/desired.rsc").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"peers": [{"publickey": "x" * 101, "interface": "a"}]}, "peers.0.publickey"),
        ({"addresses": [{"address": "no", "interface": "a"}]}, "addresses.0.address"),
        ({"addresses": "no"}, "addresses"),
        ({"names": ["x"] * 1001}, "names"),
        ({"version": {"a": 1}}, "version"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_by_its_field(as_node, taken_in, body, field):
    answer = as_node(taken_in).post(f"/api/nodes/skynet/{MAC}/report", body)

    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_a_report_of_what_is_not_wanted_any_more_is_no_news(as_node, taken_in):
    answer = as_node(taken_in).post(f"/api/nodes/skynet/{MAC}/report", {"version": "0" * 32})

    assert answer.json() == {"held": False}
    assert Onboarding.objects.get().held_rows == {}


def test_a_node_that_is_no_router_has_no_rows(as_node, network):
    node = NodeFactory(network=network)

    answer = as_node(node).get(f"/api/nodes/skynet/{node.mac_address}/desired.rsc")

    assert answer.status_code == 409
    assert set(answer.json()) == {"Code", "Message"}


@pytest.mark.parametrize("path", ["account", "report"])
def test_only_the_node_speaks_for_itself(client, taken_in, path):
    answer = client.post(f"/api/nodes/skynet/{MAC}/{path}", {})

    assert answer.status_code == 403
