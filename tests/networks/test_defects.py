"""What the page's own servers got wrong: none of it is wrong here."""

from datetime import timedelta

import jwt
import pytest
from django.conf import settings as live
from django.utils import timezone

from networks import tokens
from networks.models import AccessKey, Node
from tests.factories import NetworkFactory, NodeFactory
from tests.networks.conftest import KEY, MAC

pytestmark = pytest.mark.django_db

OWN = f"/api/nodes/skynet/{MAC}"


def claims_of(node, /, **changes):
    claims = jwt.decode(tokens.issue(node), options={"verify_signature": False})
    return {**claims, **changes}


def bearer(text):
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("x" * 64, {}), ("", {"exp": 1}), ("", {"aud": "cloudpilot"}), ("", {"iss": "someone"}),
        ("", {"mac": "8c:90:b5:06:f1:d8"}), ("", {"network": "other"}), ("", {"credential": 0}),
        ("", {"node": "1"}), ("", {"node": 987_654_321}),
    ],
)  # fmt: skip
def test_a_token_that_does_not_verify_opens_nothing(anonymous, node, key, changes):
    token = jwt.encode(claims_of(node, **changes), key or live.JWT_SIGNING_KEY, "HS256")

    assert anonymous.get(OWN, **bearer(token)).status_code == 401


def test_a_nodes_token_is_none_of_a_user(anonymous, node):
    assert anonymous.get("/users/profile/", **bearer(tokens.issue(node))).status_code == 401


def test_a_token_lives_some_minutes(anonymous, node, server_clock):
    token = tokens.issue(node)
    server_clock.advance(tokens.LIFETIME.total_seconds() - 5)

    assert anonymous.get(OWN, **bearer(token)).status_code == 200
    expired = jwt.encode(claims_of(node, exp=timezone.now() - timedelta(hours=1)),
                         live.JWT_SIGNING_KEY, "HS256")  # fmt: skip
    assert anonymous.get(OWN, **bearer(expired)).status_code == 401


def test_no_answer_has_a_password_or_an_access_key(client, anonymous, access_key):
    body = {"macaddress": MAC, "password": "reallysecret", "accesskey": KEY}

    answers = [
        anonymous.post("/api/nodes/skynet", body),
        client.get("/api/nodes"),
        client.get("/api/networks"),
        client.get("/api/networks/skynet/keys"),
        client.post(f"{OWN}/checkin"),
    ]

    for answer in answers:
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "password" not in text
        assert "reallysecret" not in text
        assert KEY not in text


def test_a_password_is_hashed_and_a_key_digested(anonymous, access_key):
    anonymous.post("/api/nodes/skynet", {"macaddress": MAC, "password": "reallysecret",
                                         "accesskey": KEY})  # fmt: skip

    assert "reallysecret" not in Node.objects.get().password
    assert Node.objects.get().has_password("reallysecret")
    assert KEY not in AccessKey.objects.get().value_digest


def test_a_change_of_the_network_leaves_addresses_as_they_are(client, node):
    before = node.address

    client.put("/api/networks/skynet", {"displayname": "Sky", "defaultkeepalive": 30})

    assert Node.objects.get().address == before


def test_a_new_range_moves_no_node_of_another_network(client, operator, node):
    other = NodeFactory(network=NetworkFactory(owner=operator), mac_address=MAC)

    client.put("/api/networks/skynet", {"addressrange": "10.80.0.0/16"})

    assert client.get(OWN).json()["address"] == "10.80.0.1"
    other.refresh_from_db()
    assert other.address == "10.70.0.1"


@pytest.mark.parametrize(
    "path",
    ["/api/networks/none", "/api/nodes/none", "/api/nodes/skynet/02:ff:ff:ff:ff:ff",
     "/api/nodes/skynet/nonsense", "/api/networks/skynet/nothing", "/api/nothing",
     "/api/nodes/adm/none/lastmodified"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_in_the_familys_shape(client, network, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response.json() == {"Code": 404, "Message": "Resource not found"}


def test_a_node_authenticates_in_its_own_network_alone(anonymous, operator, node):
    NetworkFactory(owner=operator, netid="other")

    response = anonymous.post(
        "/api/nodes/adm/other/authenticate", {"macaddress": MAC, "password": "reallysecret"}
    )

    assert response.status_code == 400


def test_a_token_of_one_network_opens_no_other(as_node, operator, node):
    other = NodeFactory(network=NetworkFactory(owner=operator, netid="other"), mac_address=MAC)

    assert as_node(node).get(f"/api/nodes/other/{MAC}").status_code == 404
    assert as_node(other).get(f"/api/nodes/other/{MAC}").status_code == 200


def test_broken_json_is_a_400(client, network):
    response = client.generic("PUT", "/api/networks/skynet", "{", "application/json")

    assert response.status_code == 400


def test_who_is_nobody_does_not_learn_which_networks_there_are(anonymous, network):
    answers = [anonymous.get(f"/api/networks/{netid}") for netid in ("skynet", "nosuchnet")]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_what_a_node_would_run_is_kept_and_run_by_nobody(client, network):
    answer = client.post(
        "/api/nodes/skynet", {"macaddress": MAC, "postup": "rm -rf /", "postdown": "reboot"}
    ).json()

    assert (answer["postup"], answer["postdown"]) == ("rm -rf /", "reboot")


def test_wrong_passwords_of_a_node_are_limited(anonymous, node, settings):
    settings.LIMITS = {**settings.LIMITS, "wrong_mesh_credentials_per_device": (2, 60)}
    path = "/api/nodes/adm/skynet/authenticate"

    statuses = [
        anonymous.post(path, {"macaddress": MAC, "password": "a guess"}).status_code
        for _ in range(3)
    ]

    assert statuses == [400, 400, 429]


@pytest.mark.parametrize("more", [{}, {"HTTP_IDEMPOTENCY_KEY": "one"}])
def test_wrong_access_keys_are_limited(anonymous, access_key, settings, more):
    settings.LIMITS = {**settings.LIMITS, "wrong_mesh_credentials_per_address": (2, 60)}
    guess = {"macaddress": MAC, "password": "reallysecret", "accesskey": "a guess"}

    statuses = [anonymous.post("/api/nodes/skynet", guess, **more).status_code for _ in range(3)]

    assert statuses == [401, 401, 429]
    right = anonymous.post("/api/nodes/skynet", {**guess, "accesskey": KEY})
    assert (right.status_code, "Retry-After" in right) == (429, True)


def test_wrong_master_keys_are_limited_wherever_they_are_tried(anonymous, db, settings):
    settings.MESH_MASTER_KEY = "secret key"
    settings.LIMITS = {**settings.LIMITS, "wrong_master_keys_per_address": (2, 60)}
    paths = ["/api/networks", "/api/server/getconfig", "/api/nodes", "/api/users/smartguy"]

    guesses = [anonymous.get(path, **bearer("a guess")).status_code for path in paths]
    made = anonymous.post("/api/users/adm/createadmin", {}, **bearer("secret key"))

    assert guesses == [401, 401, 429, 429]
    assert made.status_code == 429  # or the right one would tell itself apart


def test_a_bearer_that_a_join_does_not_need_keeps_no_key_from_its_use(
    anonymous, access_key, settings
):
    settings.MESH_MASTER_KEY = "secret key"
    settings.LIMITS = {**settings.LIMITS, "wrong_master_keys_per_address": (1, 60)}
    body = {"password": "reallysecret", "accesskey": KEY}

    statuses = [
        anonymous.post(
            "/api/nodes/skynet", {**body, "macaddress": f"02:00:00:00:00:0{n}"},
            **bearer("YOUR_SECRET_KEY"),
        ).status_code
        for n in range(3)
    ]  # fmt: skip

    assert statuses == [200] * 3


def test_an_access_key_is_shown_once(client, network):
    made = client.post("/api/networks/skynet/keys", {"name": "mykey"}).json()
    (listed,) = client.get("/api/networks/skynet/keys").json()
    (embedded,) = client.get("/api/networks/skynet").json()["accesskeys"]

    assert len(made["value"]) == 16
    assert listed["value"] is listed["accessstring"] is None
    assert embedded == listed


@pytest.mark.parametrize("taken", ["10.70.5.0/24", "172.31.4.0/24", "172.16.0.0/12"])
def test_a_gateways_range_overlaps_neither_the_mesh_nor_another_gateway(
    client, network, node, taken
):
    other = NodeFactory(network=network)
    gateway = f"/api/nodes/skynet/{other.mac_address}/creategateway"
    client.post(gateway, {"rangestring": "172.31.0.0/16", "interface": "eth0"})

    response = client.post(f"{OWN}/creategateway", {"rangestring": taken, "interface": "eth0"})

    assert (response.status_code, response.json()["Code"]) == (409, 409)
    assert client.get(OWN).json()["isgateway"] is False
