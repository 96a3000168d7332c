import pytest
from django.http import Http404

from networks import joining
from networks.joining import Admission, Door
from networks.keys import services as keys
from networks.keyupdate import services as keyupdate
from networks.mesh import services as mesh
from networks.models import Lease, Network, Node, Platform
from networks.nodes import gateways, wire
from networks.nodes import services as nodes
from tests.factories import CompanyFactory, NetworkFactory, NodeFactory
from tests.networks.conftest import MAC

pytestmark = [pytest.mark.sql, pytest.mark.django_db]


def test_a_network_has_the_pages_defaults(client):
    answer = client.post("/api/networks", {"netid": "skynet", "addressrange": "10.0.0.1/24"}).json()

    assert {
        "netid": "skynet", "displayname": "skynet", "addressrange": "10.0.0.0/24",
        "defaultinterface": "nm-skynet", "defaultlistenport": 51821, "defaultkeepalive": 20,
        "checkininterval": 30, "allowmanualsignup": False, "islocal": False, "isdualstack": False,
        "defaultsaveconfig": True, "accesskeys": [],
    }.items() <= answer.items()  # fmt: skip
    stamps = {answer[n] for n in ("nodeslastmodified", "networklastmodified", "keyupdatetimestamp")}
    assert len(stamps) == 1


def test_a_network_is_its_makers_companys(client, operator):
    client.post("/api/networks", {"netid": "skynet"})

    assert Network.objects.get().company == operator.personal_company


def test_what_the_master_key_makes_is_the_platforms_own(master):
    for netid in ("one", "two"):
        assert master.post("/api/networks", {"netid": netid}).status_code == 200

    companies = {network.company for network in Network.objects.all()}
    assert companies == {Platform.objects.get().company}


def test_the_master_key_sees_all_networks(master, network):
    NetworkFactory()

    assert len(master.get("/api/networks").json()) == 2


def test_a_member_sees_their_companys_networks_alone(client, network):
    NetworkFactory()

    assert [row["netid"] for row in client.get("/api/networks").json()] == ["skynet"]


def test_a_network_goes_to_no_company_of_others(client):
    company = CompanyFactory().public_id

    response = client.post("/api/networks", {"netid": "skynet", "company": company})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["company"])


def test_a_netid_is_one_networks_in_the_installation(client):
    NetworkFactory(netid="skynet")

    response = client.post("/api/networks", {"netid": "skynet"})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["netid"])


def test_a_display_name_is_one_networks_in_the_company(client, network):
    NetworkFactory(display_name="Sky")
    client.put("/api/networks/skynet", {"displayname": "Sky"})

    made = client.post("/api/networks", {"netid": "other", "displayname": "Sky"})
    client.post("/api/networks", {"netid": "other"})
    changed = client.put("/api/networks/other", {"displayname": "Sky"})

    for answer in (made, changed):
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["displayname"])
    assert client.put("/api/networks/skynet", {"displayname": "Sky"}).status_code == 200


@pytest.mark.parametrize("netid", ["", "a" * 13, "-x", "a b", "..", "é", "a/b"])
def test_a_netid_is_a_short_word(client, netid):
    assert client.post("/api/networks", {"netid": netid}).status_code == 400


@pytest.mark.parametrize(
    "text", ["10.0.0.0/31", "127.0.0.0/8", "nonsense", "fd00::/64", "0.0.0.0/0"]
)
def test_a_range_must_have_room_for_nodes(client, text):
    response = client.post("/api/networks", {"netid": "skynet", "addressrange": text})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["addressrange"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("addressrange6", "fd00::%x/64"), ("localrange", "fd00::1%x/128"), ("dns", ["fe80::1%x"]),
     ("dns", [""]), ("dns", "10.0.0.1")],
)  # fmt: skip
def test_what_is_no_address_everywhere_is_refused_by_name(client, network, field, value):
    response = client.put("/api/networks/skynet", {field: value})

    assert response.status_code == 400
    assert [name.partition(".")[0] for name in response.json()["errors"]] == [field]


def test_a_blank_company_is_the_makers_own(client, operator):
    answer = client.post("/api/networks", {"netid": "skynet", "company": ""}).json()

    assert answer["company"] == operator.personal_company.public_id
    assert client.put("/api/networks/skynet", {"company": ""}).status_code == 200


def test_a_new_range_leaves_out_what_is_reached_at_nodes(client, network):
    NodeFactory(network=network, allowed_addresses=["172.31.0.0/16"])

    response = client.put("/api/networks/skynet", {"addressrange": "172.16.0.0/12"})

    assert response.status_code == 409


def test_a_netid_is_not_editable(client, network):
    assert client.put("/api/networks/skynet", {"netid": "other"}).status_code == 400
    assert client.put("/api/networks/skynet", {"netid": "skynet"}).status_code == 200


def test_a_whole_network_may_be_put_back(client, network):
    shown = client.get("/api/networks/skynet").json()

    response = client.put("/api/networks/skynet", {**shown, "displayname": "Sky"})

    assert response.status_code == 200
    assert response.json()["displayname"] == "Sky"


@pytest.mark.parametrize("new", ["10.80.0.0/16", "10.70.0.0/24", "10.70.0.128/25", "10.64.0.0/10"])
def test_a_new_range_gives_every_node_another_address_in_it(client, network, new):
    nodes = [NodeFactory(network=network) for _ in range(5)]

    response = client.put("/api/networks/skynet", {"addressrange": new})

    assert response.status_code == 200
    range_ = Network.objects.get().range
    addresses = [node.address for node in Node.objects.order_by("pk")]
    assert addresses == [str(range_[n]) for n in range(1, len(nodes) + 1)]


def test_who_does_not_fit_into_a_new_range_gets_a_lower_place(client, network):
    far = NodeFactory(network=network)
    client.put(f"/api/nodes/skynet/{far.mac_address}", {"address": "10.70.9.9"})

    client.put("/api/networks/skynet", {"addressrange": "10.70.0.0/29"})

    far.refresh_from_db()
    assert far.address == "10.70.0.1"


def test_a_range_too_small_for_the_nodes_is_refused_whole(client, network):
    nodes = [NodeFactory(network=network) for _ in range(3)]

    response = client.put("/api/networks/skynet", {"addressrange": "10.80.0.0/30"})

    assert response.status_code == 409
    nodes[2].refresh_from_db()
    assert nodes[2].address == "10.70.0.3"


def test_a_second_family_gives_every_node_an_address_of_it_too(client, network):
    node = NodeFactory(network=network)

    answer = client.put("/api/networks/skynet", {"isdualstack": True}).json()

    assert answer["addressrange6"].startswith("fd")
    node.refresh_from_db()
    assert node.address6 == str(Network.objects.get().range6[1])


def test_a_network_with_nodes_is_not_deleted_but_by_force(client, node):
    refused = client.delete("/api/networks/skynet")
    forced = client.delete("/api/networks/skynet?force=true")

    assert refused.status_code == 403
    assert (forced.status_code, forced.json()) == (200, {"DeletedCount": 1})
    assert not Network.objects.exists()
    assert not Lease.objects.exists()


def test_a_network_that_is_deleted_leaves_its_routers_to_clean_up(client, network, router):
    NodeFactory(network=network, router=router)

    client.delete("/api/networks/skynet?force=true")

    assert router.reconciliation.desired_version > router.reconciliation.applied_version


def test_who_comes_when_a_network_has_just_gone_finds_none(network, node):
    mesh.delete(network.pk, force=True)
    admission = Admission(network, Door.PEOPLE)
    acts = [
        lambda: joining.join(admission, mac_address=MAC),
        lambda: keys.create(network, name="mykey"),
        lambda: mesh.update(network, mtu=1400),
        lambda: keyupdate.start(network, None),
        lambda: nodes.update(node, name="x"),
        lambda: nodes.check_in(node),
        lambda: gateways.make(node, ranges=[], interface="eth0"),
        lambda: wire.one(node),
    ]

    for act in acts:
        with pytest.raises(Http404):
            act()


def test_new_keys_are_asked_of_all_nodes_once(client, node, as_node):
    first = client.post("/api/networks/skynet/keyupdate").json()
    second = client.post("/api/networks/skynet/keyupdate").json()

    counts = {"nodes": 1, "unfinished": 1, "queued": 1}
    counts |= dict.fromkeys(("running", "done", "failed", "away", "kept"), 0)
    assert first["keyupdate"] == second["keyupdate"] == counts
    assert first["keyupdatetimestamp"] == second["keyupdatetimestamp"]


def test_a_node_hears_that_it_needs_a_new_key_until_it_has_one(client, node, as_node):
    own = as_node(node)
    client.post("/api/networks/skynet/keyupdate")

    before = own.post(f"/api/nodes/skynet/{MAC}/checkin").json()["needkeyupdate"]
    own.put(
        f"/api/nodes/skynet/{MAC}", {"publickey": "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="}
    )
    after = own.post(f"/api/nodes/skynet/{MAC}/checkin").json()["needkeyupdate"]

    assert (before, after) == (True, False)


def test_a_viewer_changes_nothing(client_of, network, stranger):
    network.company.memberships.create(user=stranger, role="viewer")
    client = client_of(stranger)

    assert client.get("/api/networks/skynet").status_code == 200
    assert client.put("/api/networks/skynet", {"displayname": "x"}).status_code == 403
    assert client.delete("/api/networks/skynet").status_code == 403
    assert client.post("/api/networks/skynet/keys", {}).status_code == 403
    assert client.post("/api/nodes/skynet", {"macaddress": MAC}).status_code == 403


def test_a_request_sent_again_makes_one_network(client):
    answers = [
        client.post("/api/networks", {"netid": "skynet"}, HTTP_IDEMPOTENCY_KEY="one")
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert Network.objects.count() == 1


def test_a_whole_list_is_counted_where_somebody_asks(client, network):
    assert client.get("/api/networks?count=true")["X-Total-Count"] == "1"
    assert "X-Total-Count" not in client.get("/api/networks")
    assert client.get("/api/networks?count=null").status_code == 400


def test_an_empty_list_is_a_list(client):
    assert client.get("/api/networks").json() == []
    assert client.get("/api/nodes").json() == []
