from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from cloudpilot.models import AuditEvent
from networks import joining
from networks.models import AccessKey, Gateway, Lease, Node
from networks.nodes import wire
from networks.wireguard import new_private_key, public_key_of
from tests.factories import AccessKeyFactory, NetworkFactory, NodeFactory, RouterFactory
from tests.networks.conftest import KEY, MAC

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

OWN = f"/api/nodes/skynet/{MAC}"


def a_key():
    return public_key_of(new_private_key())


# --- Joining --------------------------------------------------------------------------------


def test_addresses_are_given_in_order_and_none_twice(joined):
    assert [joined(n).json()["address"] for n in (1, 2, 3)] == [
        "10.70.0.1", "10.70.0.2", "10.70.0.3",
    ]  # fmt: skip


def test_a_join_has_the_networks_defaults(joined):
    node = joined().json()

    assert (node["listenport"], node["interface"], node["persistentkeepalive"]) == (
        51821, "nm-skynet", 20,
    )  # fmt: skip
    assert node["name"].startswith("node-")
    assert (node["ispending"], node["syncstate"]) == (False, "unmanaged")
    assert node["expdatetime"] == 33174902665


def test_an_address_that_a_device_asks_for_is_passed_over(joined):
    assert joined(address="10.70.3.3").json()["address"] == "10.70.0.1"


def test_a_key_is_gone_with_its_last_use(joined, access_key):
    AccessKey.objects.update(uses_left=2)

    statuses = [joined(n).status_code for n in (1, 2, 3)]

    assert statuses == [200, 200, 401]
    assert not AccessKey.objects.exists()


def test_a_join_that_is_sent_again_uses_one_use_and_has_one_answer(anonymous, access_key):
    AccessKey.objects.update(uses_left=1)
    body = {"macaddress": MAC, "password": "reallysecret", "accesskey": KEY}

    answers = [
        anonymous.post("/api/nodes/skynet", body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json() == answers[0].json()
    assert anonymous.post("/api/nodes/skynet", body).status_code == 401


def test_a_device_that_is_added_twice_by_one_request_is_one(client, network):
    answers = [
        client.post("/api/nodes/skynet", {"macaddress": MAC}, HTTP_IDEMPOTENCY_KEY="one")
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_key_without_limit_lets_everybody_in(joined, access_key):
    AccessKey.objects.update(uses_left=None)

    assert [joined(n).status_code for n in range(4)] == [200] * 4
    assert AccessKey.objects.get().used == 4


def test_an_expired_key_lets_nobody_in(joined, access_key):
    AccessKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert joined().status_code == 401


def test_a_key_opens_its_own_network_alone(joined, operator, access_key, anonymous):
    NetworkFactory(owner=operator, netid="other")
    body = {"macaddress": MAC, "password": "reallysecret", "accesskey": KEY}

    assert anonymous.post("/api/nodes/other", body).status_code == 401


def test_what_is_wrong_with_a_device_uses_no_key_up(joined, access_key):
    response = joined(listenport=80, password="short")

    assert (response.status_code, {*response.json()["errors"]}) == (400, {"listenport", "password"})
    assert AccessKey.objects.get().uses_left == 10


@pytest.mark.parametrize(
    "wrong",
    [{"macaddress": "nonsense"}, {"endpoint": "not a host"}, {"endpoint": "127.0.0.1"},
     {"localaddress": "x"}, {"persistentkeepalive": 1001}, {"name": "a b"},
     {"expdatetime": "soon"}, {"mtu": 100}],
)  # fmt: skip
def test_bad_input_names_its_field(joined, wrong):
    response = joined(**wrong)

    assert response.status_code == 400
    assert [*response.json()["errors"]] == [*wrong]


@pytest.mark.parametrize(
    "grab", [{"allowedips": "0.0.0.0/0"}, {"ishub": True}, {"expdatetime": 4000000000},
             {"tags": ["trusted"]}],
)  # fmt: skip
def test_a_device_that_joins_takes_nothing_that_is_others_to_give(joined, grab):
    response = joined(**grab)

    assert (response.status_code, [*response.json()["errors"]]) == (400, [*grab])


def test_a_device_joins_with_an_access_string(client, anonymous, network):
    made = client.post("/api/networks/skynet/keys", {"uses": 1}).json()

    response = anonymous.post(
        "/api/nodes/skynet",
        {"macaddress": MAC, "password": "reallysecret", "accesskey": made["accessstring"]},
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    "old", ["1.2.3.4:50051|skynet|{}|", "51821|1.2.3.4:50051|1.2.3.4:8081|skynet|{}|10.0.0.0/8"]
)
def test_access_strings_of_older_servers_are_understood(joined, old):
    import base64

    text = base64.b64encode(old.format(KEY).encode()).decode()

    assert joined(accesskey=text).status_code == 200


def test_a_device_is_marked_as_its_key_says(joined, access_key):
    AccessKey.objects.update(tags=["branch"])

    assert joined().json()["tags"] == ["branch"]


def test_a_wiped_device_is_enrolled_anew_at_its_old_address(joined, access_key):
    first = joined(1, publickey=a_key()).json()
    joined(2)
    new = a_key()

    again = joined(1, publickey=new, password="another-secret").json()

    assert (again["address"], again["publickey"]) == (first["address"], new)
    assert Node.objects.count() == 2
    assert AccessKey.objects.get().uses_left == 7
    assert Node.objects.get(mac_address=again["macaddress"]).has_password("another-secret")


def test_the_token_of_who_was_there_before_is_void(joined, as_node, access_key):
    joined(1)
    before = as_node(Node.objects.get())

    joined(1, password="another-secret")

    assert before.get("/api/nodes/skynet/8c:90:b5:06:f1:01").status_code == 401


def test_nobody_takes_a_node_over_without_a_key(anonymous, node, network):
    network.allow_manual_signup = True
    network.save()

    response = anonymous.post(
        "/api/nodes/skynet", {"macaddress": MAC, "password": "a-guess", "endpoint": "198.51.100.9"}
    )

    assert response.status_code == 401
    assert Node.objects.get().endpoint == ""


def test_a_device_that_waits_may_ask_again_and_gets_no_second_place(anonymous, network):
    network.allow_manual_signup = True
    network.save()
    body = {"macaddress": MAC, "password": "reallysecret"}

    answers = [anonymous.post("/api/nodes/skynet", body) for _ in range(2)]

    assert [answer.json()["ispending"] for answer in answers] == [True, True]
    assert Node.objects.count() == 1


def test_who_waits_leaves_addresses_for_others(anonymous, joined, network, monkeypatch):
    monkeypatch.setattr(joining, "_MOST_WAITING", 2)
    network.allow_manual_signup = True
    network.save()

    def sign_up(number):
        body = {"macaddress": f"02:00:00:00:00:{number:02x}", "password": "reallysecret"}
        return anonymous.post("/api/nodes/skynet", body).status_code

    assert [sign_up(number) for number in (1, 2, 3, 1)] == [200, 200, 409, 200]
    assert joined().json()["ispending"] is False


def test_a_pending_node_gets_no_token(anonymous, node):
    Node.objects.update(is_pending=True)

    response = anonymous.post(
        "/api/nodes/adm/skynet/authenticate", {"macaddress": MAC, "password": "reallysecret"}
    )

    assert response.status_code == 400


def test_the_address_of_a_node_that_left_is_kept_for_it(client, joined):
    joined(1)
    client.delete("/api/nodes/skynet/8c:90:b5:06:f1:01")

    assert joined(2).json()["address"] == "10.70.0.2"
    assert joined(1).json()["address"] == "10.70.0.1"


def test_when_none_is_left_the_address_goes_on_to_others(client, operator, joined, network):
    network.address_range = "10.70.0.0/30"
    network.save()
    joined(1)
    joined(2)

    full = joined(3)
    client.delete("/api/nodes/skynet/8c:90:b5:06:f1:01")
    room = joined(3)

    assert full.status_code == 409
    assert room.json()["address"] == "10.70.0.1"


# --- Routers --------------------------------------------------------------------------------


def test_a_router_becomes_a_node(client, network, router):
    answer = client.post("/api/nodes/skynet", {"macaddress": MAC, "router": router.pk}).json()

    assert (answer["router"], answer["syncstate"]) == (router.pk, "pending")
    assert router.reconciliation.desired_version > router.reconciliation.applied_version


def test_a_router_is_of_the_networks_company(client, network):
    response = client.post("/api/nodes/skynet", {"macaddress": MAC, "router": RouterFactory().pk})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["router"])


def test_two_networks_of_one_router_have_ports_of_their_own(client, operator, network, router):
    other = NetworkFactory(owner=operator, netid="other")
    body = {"macaddress": MAC, "router": router.pk}

    ports = [
        client.post(f"/api/nodes/{netid}", body).json()["listenport"]
        for netid in (network.netid, other.netid)
    ]

    assert ports == [51821, 51822]


def test_a_router_is_known_by_its_mac_address_to_its_people(client, operator, network, router):
    NodeFactory(network=NetworkFactory(owner=operator), mac_address=MAC, router=router)
    NodeFactory(mac_address="8c:90:b5:06:f1:01", router=RouterFactory())

    own = client.post("/api/nodes/skynet", {"macaddress": MAC}).json()
    strangers = client.post("/api/nodes/skynet", {"macaddress": "8c:90:b5:06:f1:01"}).json()

    assert (own["router"], own["syncstate"]) == (router.pk, "pending")
    assert strangers["router"] is None


def test_a_device_may_be_said_to_be_no_router(client, operator, network, router):
    NodeFactory(network=NetworkFactory(owner=operator), mac_address=MAC, router=router)

    answer = client.post("/api/nodes/skynet", {"macaddress": MAC, "router": 0}).json()

    assert answer["router"] is None


def test_a_router_has_a_port_left_below_the_highest_one(client, operator, network, router):
    for row in (network, NetworkFactory(owner=operator, netid="other")):
        row.default_listen_port = 65535
        row.save()
    body = {"macaddress": MAC, "router": router.pk}

    ports = [
        client.post(f"/api/nodes/{netid}", body).json()["listenport"]
        for netid in (network.netid, "other")
    ]

    assert ports == [65535, 1024]


def test_who_let_a_device_in_is_recorded(client, operator, node):
    client.post(f"{OWN}/approve")

    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("node.approve", operator)


# --- Changes --------------------------------------------------------------------------------


def test_a_node_changes_what_it_is_itself(as_node, node):
    key = a_key()

    answer = as_node(node).put(OWN, {"publickey": key, "endpoint": "198.51.100.7"}).json()

    assert (answer["publickey"], answer["publickeyvalid"], answer["endpoint"]) == (
        key, True, "198.51.100.7",
    )  # fmt: skip


@pytest.mark.parametrize(
    "grab",
    [{"address": "10.70.0.77"}, {"allowedips": "0.0.0.0/0"}, {"ishub": True},
     {"expdatetime": 4000000000}, {"macaddress": "8c:90:b5:06:f1:da"}],
)  # fmt: skip
def test_a_node_does_not_decide_what_reaches_beyond_it(as_node, node, grab):
    response = as_node(node).put(OWN, grab)

    assert (response.status_code, [*response.json()["errors"]]) == (400, [*grab])


def test_a_node_may_put_itself_back_whole(as_node, node):
    own = as_node(node)

    response = own.put(OWN, {**own.get(OWN).json(), "name": "laptop2"})

    assert response.status_code == 200, response.content
    assert response.json()["name"] == "laptop2"


def test_a_node_looks_after_itself_alone(as_node, node, network):
    other = NodeFactory(network=network).mac_address
    own = as_node(node)

    assert own.put(f"/api/nodes/skynet/{other}", {"name": "mine"}).status_code == 403
    assert own.delete(f"/api/nodes/skynet/{other}").status_code == 403
    assert own.get("/api/networks/skynet").status_code == 403
    assert own.post(f"{OWN}/approve").status_code == 403
    assert len(own.get("/api/nodes/skynet").json()) == 2
    assert own.get("/api/nodes").status_code == 403


def test_people_choose_a_nodes_address(client, node):
    assert client.put(OWN, {"address": "10.70.5.5"}).json()["address"] == "10.70.5.5"
    assert Lease.objects.get().number == 5 * 256 + 5


@pytest.mark.parametrize("address", ["10.71.0.1", "10.70.255.255", "10.70.0.0", "fd00::1"])
def test_a_node_has_no_address_beyond_the_range(client, node, address):
    response = client.put(OWN, {"address": address})

    assert (response.status_code, [*response.json()["errors"]]) == (400, ["address"])


def test_an_address_is_one_nodes(client, network, node):
    other = NodeFactory(network=network)

    response = client.put(OWN, {"address": other.address})

    assert response.status_code == 409
    assert Node.objects.get(mac_address=MAC).address == "10.70.0.1"


def test_a_place_that_somebody_gave_up_is_given_again(client, node, joined):
    client.put(OWN, {"address": "10.70.0.9"})

    assert joined(1).json()["address"] == "10.70.0.1"
    assert joined(2).json()["address"] == "10.70.0.2"


def test_a_node_takes_another_mac_address_and_keeps_its_place(client, node):
    answer = client.put(OWN, {"macaddress": "8C-90-B5-06-F1-DA"}).json()

    assert (answer["macaddress"], answer["address"]) == ("8c:90:b5:06:f1:da", "10.70.0.1")
    assert client.get(OWN).status_code == 404


def test_a_mac_address_is_one_nodes(client, network, node):
    other = NodeFactory(network=network)

    assert client.put(OWN, {"macaddress": other.mac_address}).status_code == 409


def test_a_new_password_ends_the_tokens_of_the_old_one(as_node, node):
    own = as_node(node)

    assert own.put(OWN, {"password": "another-secret"}).status_code == 200
    assert own.get(OWN).status_code == 401


def test_a_node_that_is_deleted_is_gone_and_its_token_with_it(as_node, node):
    own = as_node(node)

    assert own.delete(OWN).status_code == 200
    assert own.delete(OWN).status_code == 401


def test_a_range_is_reached_at_one_node_alone(client, network, node):
    other = NodeFactory(network=network, allowed_addresses=["172.31.0.0/16"]).mac_address
    within = {"allowedips": "172.31.5.0/24"}

    changed = client.put(OWN, within)
    added = client.post("/api/nodes/skynet", {"macaddress": "8c:90:b5:06:f1:01", **within})
    kept = client.put(f"/api/nodes/skynet/{other}", within)

    assert (changed.status_code, added.status_code, kept.status_code) == (409, 409, 200)
    assert Node.objects.get(mac_address=MAC).allowed_addresses == []


def test_a_network_has_one_hub(client, network, node):
    NodeFactory(network=network, name="first", is_hub=True)

    changed = client.put(OWN, {"ishub": True})
    added = client.post("/api/nodes/skynet", {"macaddress": "8c:90:b5:06:f1:01", "ishub": True})

    assert (changed.status_code, added.status_code) == (409, 409)
    assert "first is the hub" in changed.json()["Message"]


@pytest.mark.parametrize("field", ["allowedips", "localaddress", "endpoint"])
def test_nothing_gets_into_configurations_by_an_addresss_zone(client, network, node, field):
    response = client.put(OWN, {field: "fd00::1%x\nPostUp = reboot"})

    assert (response.status_code, [*response.json()["errors"]]) == (400, [field])


@pytest.mark.parametrize(
    "endpoint",
    ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "255.255.255.255", "::", "ff02::1",
     "localhost", "0x7f000001", "1.2.3.4:51820", "fe80::1%eth0", "a_b.example"],
)  # fmt: skip
def test_an_endpoint_is_where_others_can_call(client, node, endpoint):
    assert client.put(OWN, {"endpoint": endpoint}).status_code == 400


@pytest.mark.parametrize("endpoint", ["10.0.0.9", "192.168.88.1", "fd00::1", "Cafe.Example"])
def test_an_endpoint_may_be_a_private_one_in_every_mode(client, node, settings, endpoint):
    settings.ROUTER_HOST_POLICY = "saas"

    assert client.put(OWN, {"endpoint": endpoint}).json()["endpoint"] == endpoint.lower()


# --- Check-in -------------------------------------------------------------------------------

FLAGS = ("needconfigupdate", "needpeerupdate", "needkeyupdate", "needdelete")


def flags(client):
    answer = client.post(f"{OWN}/checkin").json()
    return [name for name in FLAGS if answer[name]]


def test_a_node_hears_of_a_change_once(client, node, network):
    flags(client)
    NodeFactory(network=network)
    client.put(OWN, {"endpoint": "198.51.100.7"})

    assert flags(client) == ["needconfigupdate", "needpeerupdate"]
    assert flags(client) == []


def test_a_node_hears_of_a_change_of_its_network(client, node):
    flags(client)
    client.put("/api/networks/skynet", {"defaultkeepalive": 25})

    assert "needconfigupdate" in flags(client)
    assert flags(client) == []


def test_another_node_is_news(client, node, joined):
    flags(client)
    joined(1)

    assert flags(client) == ["needpeerupdate"]


def test_one_that_waits_for_approval_is_no_news_yet(anonymous, client, node, network):
    flags(client)
    network.allow_manual_signup = True
    network.save()
    anonymous.post("/api/nodes/skynet", {"macaddress": "8c:90:b5:06:f1:01", "password": "secret"})

    assert flags(client) == []
    client.post("/api/nodes/skynet/8c:90:b5:06:f1:01/approve")
    assert flags(client) == ["needpeerupdate"]


def test_a_pending_node_hears_that_it_is_pending_and_no_more(client, node, network):
    NodeFactory(network=network)
    Node.objects.filter(pk=node.pk).update(is_pending=True)

    answer = client.post(f"{OWN}/checkin").json()

    assert (answer["ispending"], answer["peers"]) == (True, [])
    assert not any(answer[name] for name in FLAGS)


def test_an_expired_node_is_told_so_and_deleted(client, node):
    Node.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = client.post(f"{OWN}/checkin").json()

    assert answer["needdelete"] is True
    assert client.get(OWN).status_code == 404


def test_an_expired_node_hears_of_it_itself_and_may_do_nothing_else(anonymous, node):
    Node.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    proof = {"macaddress": MAC, "password": "reallysecret"}
    token = anonymous.post("/api/nodes/skynet/authenticate", proof).json()["Response"]["AuthToken"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    others = [anonymous.get(path).status_code for path in
              (OWN, f"{OWN}/config", "/api/nodes/skynet", "/api/networks/skynet/map")]  # fmt: skip
    own = anonymous.post(f"{OWN}/checkin")

    assert others == [401] * 4
    assert (own.status_code, own.json()["needdelete"]) == (200, True)
    assert not Node.objects.exists()


def test_a_node_may_ask_for_the_head_of_what_it_may_get(as_node, node):
    assert as_node(node).head(f"{OWN}/config").status_code == 200


def test_a_check_in_is_a_sign_of_life(client, node):
    assert client.get(OWN).json()["online"] is False
    client.post(f"{OWN}/checkin")
    assert client.get(OWN).json()["online"] is True


def test_a_node_that_is_deleted_while_it_is_shown_is_not_there(node):
    Node.objects.all().delete()

    with pytest.raises(Http404):
        wire.one(node)


def test_the_last_change_of_nodes_is_a_number_of_seconds(client, as_node, node):
    path = "/api/nodes/adm/skynet/lastmodified"

    assert client.get(path).json() == as_node(node).get(path).json()
    assert isinstance(client.get(path).json(), int)


# --- Gateways -------------------------------------------------------------------------------


def test_a_gateway_is_made_and_unmade(client, node):
    path, body = f"{OWN}/creategateway", {"rangestring": "172.31.0.0/16", "interface": "eth0"}

    made = client.post(path, body).json()
    again = client.post(path, {**body, "rangestring": "172.30.0.0/16"}).json()
    unmade = client.delete(f"{OWN}/deletegateway").json()

    assert (made["isgateway"], made["gatewayrange"]) == (True, "172.31.0.0/16")
    assert (made["isegressgateway"], made["egressgatewayrange"]) == (True, "172.31.0.0/16")
    assert again["gatewayranges"] == ["172.30.0.0/16"]
    assert (unmade["isgateway"], unmade["gatewayrange"]) == (False, "")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"interface": "", "rangestring": "10.0.0.0/8"}, "interface"),
     ({"interface": "eth0", "rangestring": "nonsense"}, "rangestring")],
)  # fmt: skip
def test_a_gateway_says_what_is_wrong_with_it(client, node, body, field):
    response = client.post(f"{OWN}/creategateway", body)

    assert (response.status_code, [*response.json()["errors"]]) == (400, [field])


def test_a_range_that_another_router_is_in_itself_is_refused_unless_it_is_wanted(
    client, node, network
):
    router = RouterFactory(company=network.company)
    NodeFactory(network=network, name="branch", router=router, subnets=["192.168.88.0/24"])
    body = {"rangestring": "192.168.0.0/16", "interface": "eth0"}

    refused = client.post(f"{OWN}/creategateway", body)
    wanted = client.post(f"{OWN}/creategateway", {**body, "force": True})

    assert refused.status_code == 409
    assert "branch is in 192.168.88.0/24 itself" in refused.json()["Message"]
    assert wanted.json()["gatewayranges"] == ["192.168.0.0/16"]


def test_a_gateway_by_another_interface_opens_nothing_at_the_old_one(client, node):
    Gateway.objects.create(node=node, interface="eth0", found_interface="ether1")
    path = f"{OWN}/creategateway"

    client.post(path, {"rangestring": "172.31.0.0/16", "interface": "eth0"})
    same = Gateway.objects.get().found_interface
    client.post(path, {"rangestring": "172.31.0.0/16", "interface": "eth1"})

    assert (same, Gateway.objects.get().found_interface) == ("ether1", "")


def test_the_whole_internet_lies_behind_one_gateway(client, network, node):
    body = {"rangestring": "0.0.0.0/0", "interface": "eth0"}
    other = NodeFactory(network=network).mac_address

    assert client.post(f"{OWN}/creategateway", body).status_code == 200
    assert client.post(f"/api/nodes/skynet/{other}/creategateway", body).status_code == 409


def test_peers_hear_of_a_gateway(client, node, network):
    other = NodeFactory(network=network)
    client.post(
        f"/api/nodes/skynet/{other.mac_address}/creategateway",
        {"rangestring": "172.31.0.0/16", "interface": "eth0"},
    )

    (peer,) = client.post(f"{OWN}/checkin").json()["peers"]

    assert peer["allowedips"] == ["10.70.0.2/32", "172.31.0.0/16"]
    assert (peer["isgateway"], peer["gatewayrange"]) == (True, "172.31.0.0/16")


# --- Keys -----------------------------------------------------------------------------------


def test_deleting_a_key_answers_those_that_are_left(client, network, access_key):
    AccessKeyFactory(network=network, name="other", value="another-value")

    response = client.delete("/api/networks/skynet/keys/mykey")

    assert (response.status_code, [row["name"] for row in response.json()]) == (200, ["other"])
    assert client.delete("/api/networks/skynet/keys/mykey").status_code == 404


@pytest.mark.parametrize("uses", [None, 0, 1])
def test_a_key_is_good_for_one_use_unless_more_are_asked_for(client, network, uses):
    assert client.post("/api/networks/skynet/keys", {"uses": uses}).json()["uses"] == 1


def test_a_key_without_limit_is_asked_for_by_name(client, network):
    answer = client.post("/api/networks/skynet/keys", {"unlimited": True}).json()

    assert (answer["uses"], answer["unlimited"]) == (None, True)


@pytest.mark.parametrize("name", [".", "..", ".x", "a/b", "a" * 21])
def test_a_keys_name_can_stand_in_a_path(client, network, name):
    assert client.post("/api/networks/skynet/keys", {"name": name}).status_code == 400


def test_a_key_whose_value_is_left_blank_gets_one(client, network):
    """The page's clients send all of their fields, set or not."""
    body = {"name": "mykey", "value": "", "accessstring": "", "uses": 1}

    assert len(client.post("/api/networks/skynet/keys", body).json()["value"]) == 16


@pytest.mark.parametrize(("field", "value"), [("name", "mykey"), ("value", KEY)])
def test_two_keys_of_a_network_have_two_names_and_values(client, access_key, field, value):
    response = client.post("/api/networks/skynet/keys", {field: value})

    assert (response.status_code, [*response.json()["errors"]]) == (400, [field])


def test_a_replayed_key_is_shown_without_what_opens(client, network):
    answers = [
        client.post("/api/networks/skynet/keys", {}, HTTP_IDEMPOTENCY_KEY="one").json()
        for _ in range(2)
    ]

    assert answers[0]["value"]
    hidden = {"value": None, "accessstring": None, "onboardingline": None}
    assert answers[1] == {**answers[0], **hidden}
