"""One line, pasted into a router's terminal."""

import pytest

from networks.models import Node, Onboarding
from networks.onboarding import texts
from routers.models import Router
from routers.simulator import Refused
from tests.factories import AccessKeyFactory, NetworkFactory, NodeFactory, RouterFactory
from tests.networks.boxes import Box
from tests.networks.conftest import KEY

WIREGUARD = "/interface/wireguard"


def script(box, name):
    return next(row for row in box.rows("/system/script") if row["name"] == name)


def test_a_router_becomes_one_of_the_company_that_is_managed_at_its_mesh_address(
    onboarded, network
):
    node = network.nodes.get()

    assert node.mac_address == onboarded.mac
    assert node.router.company == network.company
    assert (node.router.host, node.router.port) == (node.address, 8728)
    assert node.router.name == "skynet 48:a9:8a:00:00:01"


def test_it_holds_its_end_of_the_network_and_tells_its_public_key(onboarded, network):
    node = network.nodes.get()
    interface = onboarded.rows(WIREGUARD)[0]

    assert (interface["comment"], interface["name"]) == ("cp:mesh:skynet", "nm-skynet")
    assert node.public_key == interface["public-key"]
    assert f"{node.address}/16" in {row["address"] for row in onboarded.rows("/ip/address")}
    assert len(onboarded.ours("/ip/firewall/filter")) == 2
    assert (node.sync_state, node.sync_error) == (Node.Sync.OK, "")


def test_the_account_is_good_for_the_tunnel_alone_and_may_do_no_more_than_needed(
    onboarded, network
):
    account = next(row for row in onboarded.rows("/user") if row["name"] == "cloudpilot")
    group = next(row for row in onboarded.rows("/user/group") if row["name"] == "cloudpilot")
    users = onboarded.router.table("/user")

    assert account["address"] == network.address_range
    assert {name for name in group["policy"].split(",") if name[0] != "!"} == {
        "api", "read", "write", "test"
    }  # fmt: skip
    router = Router.objects.get()
    assert users.where(name=router.username, password=router.password)


def test_no_private_key_leaves_the_router(onboarded):
    own = onboarded.router.table(WIREGUARD)
    keys = [row["private-key"] for row in own.rows.values()]

    assert keys
    assert not any(key.encode() in request.body for key in keys for request in onboarded.asked)


def test_nothing_of_the_key_stays_on_the_router(onboarded):
    assert KEY not in str(onboarded.rows("/system/script/environment"))
    assert KEY not in str(onboarded.rows("/file"))
    assert KEY not in str(onboarded.rows("/log"))


def test_pasted_twice_it_is_the_same_router_at_the_same_address(onboarded, line, network):
    before = network.nodes.get()

    onboarded.paste(line)

    after = network.nodes.get()
    assert (after.address, after.router_id) == (before.address, before.router_id)
    assert after.public_key == before.public_key
    assert len(onboarded.rows(WIREGUARD)) == 1
    assert len([row for row in onboarded.rows("/user") if row["name"] == "cloudpilot"]) == 1


def test_pasted_twice_with_a_key_for_one_it_goes_by_the_password_that_it_has(box, line, access_key):
    access_key.uses_left = 1
    access_key.save()
    box.paste(line)
    before = script(box, "cloudpilot-skynet-password")["source"]

    box.paste(line)

    assert script(box, "cloudpilot-skynet-password")["source"] == before
    assert Router.objects.count() == 1


def test_a_router_that_was_reset_has_its_address_again_and_a_new_key(onboarded, line, network):
    before = network.nodes.get()
    web = onboarded.router.web
    onboarded.router.factory_reset()
    onboarded.router.web = web

    onboarded.paste(line)

    after = network.nodes.get()
    assert (after.address, after.router_id) == (before.address, before.router_id)
    assert after.public_key != before.public_key


def test_a_wrong_key_changes_nothing(box, network):
    with pytest.raises(Refused, match="lets the router into no network"):
        box.paste(texts.line(network, "wrongwrong"))

    assert not Node.objects.exists()
    assert box.rows(WIREGUARD) == []
    assert box.rows("/system/scheduler") == []

    assert box.rows("/system/script") == []


def test_where_people_approve_a_router_waits_and_goes_on_when_the_line_is_pasted_again(
    box, network, client
):
    network.allow_manual_signup = True
    network.save()
    line = texts.line(network, "no key at all")
    with pytest.raises(Refused, match="waits there for approval"):
        box.paste(line)
    assert network.nodes.get().is_pending

    client.post(f"/api/nodes/skynet/{box.mac}/approve")
    box.paste(line)

    assert network.nodes.get().router.company == network.company


def test_routeros_6_is_told_what_to_do(db, line):
    box = Box(version="6.49.10")

    with pytest.raises(Refused, match="RouterOS 7 is needed"):
        box.paste(line)

    assert not Node.objects.exists()
    assert len(box.asked) == 1


@pytest.fixture
def entered(box, network, operator):
    """Return a function that enters the router by hand, as people do, with an address they know."""

    def enter(**fields):
        router = RouterFactory(owner=operator, host="192.0.2.9", username="mine", **fields)
        NodeFactory(network=network, router=router, mac_address=box.mac, address="10.70.0.9")
        return router

    return enter


def test_a_router_that_people_entered_and_we_reach_is_reached_as_before(box, line, entered):
    router = entered(is_online=True)

    box.paste(line)

    router.refresh_from_db()
    assert (router.host, router.username) == ("192.0.2.9", "mine")
    assert "cloudpilot" not in {row["name"] for row in box.rows("/user")}


def test_a_router_that_people_entered_and_we_do_not_reach_is_reached_by_the_tunnel(
    box, line, entered
):
    router = entered(name="Café", is_online=False)

    box.paste(line)

    router.refresh_from_db()
    assert (router.host, router.username, router.name) == ("10.70.0.9", "cloudpilot", "Café")


def test_in_a_second_network_of_the_company_it_is_the_same_router(onboarded, operator):
    second = NetworkFactory(owner=operator, netid="second", address_range="10.71.0.0/16")
    AccessKeyFactory(network=second, value="another1")

    onboarded.paste(texts.line(second, "another1"))

    assert Router.objects.count() == 1
    assert Onboarding.objects.count() == 2
    ports = {row["listen-port"] for row in onboarded.rows(WIREGUARD)}
    assert len(ports) == 2


def test_a_name_that_can_be_told_becomes_the_routers(box, line, network):
    box.router.table("/system/identity").update("", {"name": "Cafe Nakuru-2"})
    box.paste(line)

    assert network.nodes.get().router.name == "Cafe Nakuru-2"


def test_names_that_would_break_what_is_told_are_left_out(box, line, network):
    odd = ['a"b\\c', "caf\xe9", "two\tparts", "$(x)[y]"]
    box.router.table("/system/identity").update("", {"name": odd[0]})
    for number, name in enumerate(odd):
        address = f"10.9.{number}.1/24"
        box.router.table("/interface").by_hand({"name": name, "type": "vlan"})
        box.router.table("/ip/address").by_hand({"address": address, "interface": name})
    box.paste(line)

    node = network.nodes.get()
    assert node.sync_state == Node.Sync.OK
    assert {f"10.9.{number}.0/24" for number in range(4)} < set(node.subnets)


def test_a_line_is_made_with_each_key_and_shown_once(client, network):
    made = client.post("/api/networks/skynet/keys", {"name": "cafe"}).json()
    listed = client.get("/api/networks/skynet/keys").json()

    assert made["value"] in made["onboardingline"]
    assert listed[0]["onboardingline"] is None


def test_with_https_certificates_are_checked(network, settings):
    settings.PUBLIC_URL = "https://cloud.example"

    assert "check-certificate=yes-without-crl" in texts.line(network, KEY)
    assert texts.meshclient().count("check-certificate=yes-without-crl") == 1
    assert "check-certificate=no" not in texts.join()


def test_a_user_that_somebody_made_is_left_alone(box, line):
    box.paste('/user add name=cloudpilot group=full password=mine comment="by hand"')

    with pytest.raises(Refused, match="not set up to its end"):
        box.paste(line)

    users = box.router.table("/user")
    assert users.where(name="cloudpilot", group="full", password="mine")
    assert "cloudpilot-account.rsc" not in {row["name"] for row in box.rows("/file")}


def test_a_group_that_others_are_in_is_left_alone(box, line):
    box.paste("/user group add name=cloudpilot policy=read; /user add name=jo group=cloudpilot")

    with pytest.raises(Refused, match="not set up to its end"):
        box.paste(line)

    (group,) = [row for row in box.rows("/user/group") if row["name"] == "cloudpilot"]
    assert "write" not in [name for name in group["policy"].split(",") if name[0] != "!"]


def test_a_key_that_was_used_up_by_a_lost_answer_is_used_well(box, line, access_key):
    access_key.uses_left = 1
    access_key.save()
    web = box.router.web

    def loses(request):
        answer = web(request)
        if request.url.endswith("/api/nodes/skynet/"):
            raise OSError("timed out")
        return answer

    box.router.web = loses
    box.paste(line)

    assert Node.objects.get().sync_state == Node.Sync.OK


def test_a_line_that_breaks_off_leaves_no_secret_and_can_be_pasted_again(box, line):
    web = box.router.web

    def breaks_off(request):
        if request.url.endswith("/report/"):
            raise OSError("no way there")
        return web(request)

    box.router.web = breaks_off
    with pytest.raises(Refused):
        box.paste(line)
    assert KEY not in str(box.rows("/system/script/environment"))
    assert "cloudpilot-account.rsc" not in {row["name"] for row in box.rows("/file")}

    box.router.web = web
    box.paste(line)
    assert Node.objects.get().sync_state == Node.Sync.OK
