"""Every form that the mesh page shows is accepted: a test for each row of where it disagrees."""

import json

import pytest

from networks.models import AccessKey, Gateway, Network, Node
from networks.wireguard import new_private_key, public_key_of
from tests.factories import NodeFactory
from tests.networks.conftest import KEY, MAC, MASTER_KEY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/api/networks", "/api/networks/", "/api/network", "/api/network/"]
)
def test_a_network_is_made_on_either_path(client, path):
    response = client.post(path, {"addressrange": "", "netid": "skynet"})

    assert response.status_code == 200
    assert response.json()["netid"] == "skynet"


@pytest.mark.parametrize("path", ["/api/networks/skynet", "/api/network/skynet/"])
def test_a_network_is_shown_on_either_path(client, network, path):
    assert client.get(path).json()["netid"] == "skynet"


def test_a_key_is_made_by_post(client, network):
    response = client.post("/api/networks/skynet/keys", {"uses": 10, "name": "mykey"})

    assert response.status_code == 200
    assert response.json()["uses"] == 10


def test_a_key_is_made_by_get_with_a_body(client, network):
    body = json.dumps({"uses": 10, "name": "mykey"})

    response = client.generic("GET", "/api/networks/skynet/keys", body, "application/json")

    assert response.json()["name"] == "mykey"
    assert response["Cache-Control"] == "no-store"
    assert AccessKey.objects.get().uses_left == 10


def test_a_query_string_makes_no_key(client, network):
    assert client.get("/api/networks/skynet/keys?name=mykey&uses=10").json() == []


def test_a_viewer_makes_no_key_by_get(client_of, network, stranger):
    network.company.memberships.create(user=stranger, role="viewer")

    response = client_of(stranger).generic(
        "GET", "/api/networks/skynet/keys", '{"uses": 10}', "application/json"
    )

    assert response.status_code == 403
    assert not AccessKey.objects.exists()


@pytest.mark.parametrize("act", ["approve", "uncordon"])
def test_a_pending_node_is_let_in_by_either_word(client, network, act):
    node = NodeFactory(network=network, is_pending=True)

    response = client.post(f"/api/nodes/skynet/{node.mac_address}/{act}")

    assert (response.status_code, response.json()) == (200, "SUCCESS")
    assert not Node.objects.get().is_pending


@pytest.mark.parametrize("path", [f"/api/nodes/skynet/{MAC}", f"/api/skynet/nodes/{MAC}"])
def test_a_node_is_deleted_on_either_path(client, node, path):
    response = client.delete(path)

    assert response.json() == {"Code": 200, "Message": f"{MAC} deleted.", "Response": None}
    assert not Node.objects.exists()


@pytest.mark.parametrize("path", ["", f"/{MAC}", f"/{MAC}/"])
def test_the_older_path_reads_too(client, node, path):
    assert client.get(f"/api/skynet/nodes{path}").status_code == 200


def test_the_older_path_checks_in_too(client, node):
    assert client.post(f"/api/skynet/nodes/{MAC}/checkin").json()["success"] is True


@pytest.mark.parametrize(
    "path", ["/api/nodes/adm/skynet/authenticate", "/api/nodes/skynet/authenticate"]
)
def test_a_node_authenticates_on_either_path(anonymous, node, path):
    response = anonymous.post(path, {"macaddress": MAC, "password": "reallysecret"})

    answer = response.json()
    assert (response.status_code, answer["Code"]) == (200, 200)
    assert response["Cache-Control"] == "no-store"
    assert answer["Response"]["MacAddress"] == MAC
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {answer['Response']['AuthToken']}"}
    assert anonymous.get(f"/api/nodes/skynet/{MAC}", **bearer).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/nodes/adm/skynet/authenticate", "/api/users/adm/authenticate"]
)
def test_an_admin_authenticates_on_either_path(anonymous, operator, network, path):
    operator.is_superuser = True
    operator.set_password("teapot-and-mango")
    operator.save()

    answer = anonymous.post(path, {"username": "operator", "password": "teapot-and-mango"}).json()

    assert answer["Response"]["UserName"] == "operator"
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {answer['Response']['AuthToken']}"}
    assert anonymous.get("/api/networks", **bearer).status_code == 200


def test_a_master_key_may_have_a_space_in_it(master, network):
    assert " " in MASTER_KEY
    assert master.get("/api/networks").status_code == 200


def test_a_blank_range_is_chosen(client, settings):
    settings.MESH_POOL = "10.64.0.0/10"

    ranges = [
        client.post("/api/networks", {"addressrange": "", "netid": f"net{n}"}).json()[
            "addressrange"
        ]
        for n in range(2)
    ]

    assert ranges == ["10.64.0.0/18", "10.64.64.0/18"]


def test_the_pages_broken_example_is_a_400_in_json(client, network):
    body = '{ "endpoint":, "publickey": aorijqalrik3ajflaqrdajhkr,"macaddress": "8c:90"}'

    response = client.generic("POST", "/api/nodes/skynet", body, "application/json")

    assert response.status_code == 400
    assert response.json()["Code"] == 400


def test_the_pages_example_with_its_quotes_repaired_joins(anonymous, access_key):
    """The bearer is not looked at, the endpoint is empty, and the sample key is no WireGuard key."""
    body = {
        "endpoint": "",
        "publickey": "aorijqalrik3ajflaqrdajhkr",
        "macaddress": MAC,
        "password": "reallysecret",
        "localaddress": "",
        "accesskey": KEY,
        "listenport": 6400,
    }

    response = anonymous.post(
        "/api/nodes/skynet", body, HTTP_AUTHORIZATION="Bearer YOUR_SECRET_KEY"
    )

    node = response.json()
    assert response.status_code == 200
    assert (node["address"], node["listenport"], node["endpoint"]) == ("10.70.0.1", 6400, "")
    assert (node["publickey"], node["publickeyvalid"]) == (body["publickey"], False)


def test_a_key_that_is_none_makes_nobody_a_peer(client, joined, node):
    joined(publickey="aorijqalrik3ajflaqrdajhkr")

    assert client.post(f"/api/nodes/skynet/{MAC}/checkin").json()["peers"] == []


def test_a_key_with_other_letters_is_refused(joined):
    response = joined(publickey="not a key!")

    assert response.status_code == 400
    assert "publickey" in response.json()["errors"]


def test_an_admin_adds_a_node_with_no_key_and_uses_none_up(client, access_key):
    response = client.post("/api/nodes/skynet", {"macaddress": MAC})

    assert response.status_code == 200
    assert AccessKey.objects.get().uses_left == 10


def test_a_wrong_key_is_401_and_no_existence_is_told(anonymous, network, joined):
    known = anonymous.post("/api/nodes/skynet", {"accesskey": "wrong-key", "macaddress": MAC})
    unknown = anonymous.post("/api/nodes/nosuchnet", {"accesskey": "wrong-key", "macaddress": MAC})

    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()


def test_a_wrong_key_waits_where_sign_ups_by_hand_are_allowed(anonymous, network):
    network.allow_manual_signup = True
    network.save()
    body = {"macaddress": MAC, "password": "reallysecret", "accesskey": "wrong-key"}

    response = anonymous.post("/api/nodes/skynet", body)

    assert (response.status_code, response.json()["ispending"]) == (200, True)


def test_a_gateway_with_a_blank_range_leads_nowhere_yet(client, node):
    path = f"/api/nodes/skynet/{MAC}/creategateway"

    response = client.post(path, {"rangestring": "", "interface": "eth0"})

    answer = response.json()
    assert (response.status_code, answer["isgateway"], answer["gatewayranges"]) == (200, True, [])
    assert Gateway.objects.get().ranges == []


def test_a_gateway_with_a_blank_range_takes_what_its_router_has_there(
    client, network, router, device
):
    device.add("/ip/address", {"address": "192.168.77.1/24", "interface": "ether2"})
    device.add("/ip/address", {"address": "192.168.78.1/24", "interface": "ether3"})
    node = NodeFactory(network=network, router=router)

    answer = client.post(
        f"/api/nodes/skynet/{node.mac_address}/creategateway",
        {"rangestring": "", "interface": "eth1"},
    ).json()

    assert answer["gatewayrange"] == "192.168.77.0/24"
    assert answer["gatewayinterface"] == "eth1"


def test_a_gateway_whose_router_is_away_leads_nowhere_yet(client, network, router, device):
    device.switch_off()
    node = NodeFactory(network=network, router=router)

    response = client.post(
        f"/api/nodes/skynet/{node.mac_address}/creategateway", {"interface": "ether2"}
    )

    assert (response.status_code, response.json()["gatewayranges"]) == (200, [])


def test_a_display_name_may_have_a_hyphen(client, network):
    response = client.put("/api/networks/skynet", {"displayname": "my-house"})

    assert response.json()["displayname"] == "my-house"


def test_an_admin_takes_another_password_by_that_alone(master, operator):
    operator.is_superuser = True
    operator.save()

    response = master.put("/api/users/operator", {"password": "noonewillguessthis"})

    assert response.json() == {"username": "operator", "isadmin": True}
    operator.refresh_from_db()
    assert operator.check_password("noonewillguessthis")


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"any": 1}', "noise"])
def test_a_check_in_takes_any_body_or_none(client, node, body):
    response = client.generic("POST", f"/api/nodes/skynet/{MAC}/checkin", body, "application/json")

    assert response.status_code == 200


@pytest.mark.parametrize("verb", ["delete", "post"])
def test_a_gateway_is_undone_by_either_verb_and_twice(client, node, verb):
    Gateway.objects.create(node=node, ranges=["172.31.0.0/16"], interface="eth0")
    path = f"/api/nodes/skynet/{MAC}/deletegateway"

    answers = [getattr(client, verb)(path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["isgateway"] is False


@pytest.mark.parametrize(
    "spelling", [MAC, MAC.upper(), MAC.replace(":", "-"), MAC.replace(":", "%3A")]
)
def test_a_mac_address_is_found_in_any_spelling(client, node, spelling):
    assert client.get(f"/api/nodes/skynet/{spelling}").json()["macaddress"] == MAC


def test_a_body_needs_no_content_type(client, network):
    response = client.generic("POST", "/api/networks/skynet/keys", '{"uses": 2}', "")

    assert response.json()["uses"] == 2


def test_a_body_that_curl_calls_a_form_is_read(client, network):
    response = client.generic(
        "POST", "/api/networks", '{"netid": "other"}', "application/x-www-form-urlencoded"
    )

    assert response.json()["netid"] == "other"


def test_names_of_fields_are_matched_in_any_case_and_strange_ones_passed_over(client):
    body = {"NetID": "skynet", "DisplayName": "Sky", "DefaultListenPort": 4000, "isgrpchub": "no"}

    answer = client.post("/api/networks", body).json()

    assert (answer["displayname"], answer["defaultlistenport"]) == ("Sky", 4000)


def test_switches_are_booleans_or_yes_and_no(client):
    answer = client.post("/api/networks", {"netid": "skynet", "allowmanualsignup": "yes"}).json()

    assert answer["allowmanualsignup"] is True


@pytest.mark.parametrize("word", ["nodes", "networks", "Users", "adm", "server"])
def test_a_word_of_the_paths_is_no_netid(client, word):
    response = client.post("/api/networks", {"netid": word})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["netid"])
    assert not Network.objects.exists()


def test_a_real_key_makes_a_peer(client, joined, node):
    key = public_key_of(new_private_key())
    joined(publickey=key)

    (peer,) = client.post(f"/api/nodes/skynet/{MAC}/checkin").json()["peers"]

    assert (peer["publickey"], peer["allowedips"]) == (key, ["10.70.0.2/32"])
