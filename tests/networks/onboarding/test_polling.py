"""Routers that ask what they should hold, for we cannot reach them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hotspot.models import Voucher
from networks import services
from networks.keyupdate import rolling
from networks.keyupdate import services as keyupdate
from networks.models import Node, Onboarding
from routers.models import Router, RouterStatus
from routers.reconcile import services as reconcile
from tests.factories import NodeFactory, PackageFactory, a_voucher, make_voucher

USERS = "/ip/hotspot/user"
ADDRESSES = "/ip/address"
SCRIPT = "/api/nodes/skynet/48:a9:8a:00:00:01/desired.rsc"


@pytest.fixture
def node(onboarded, network):
    return network.nodes.get()


@pytest.fixture
def desired(client):
    def read():
        return client.get("/api/nodes/skynet/48:a9:8a:00:00:01/desired").json()

    return read


def sell(node):
    return a_voucher(node.router)


def names(box):
    return {row["name"] for row in box.rows(USERS)}


def test_a_voucher_gets_to_a_router_that_nobody_reaches(onboarded, node):
    voucher = sell(node)

    onboarded.poll()

    voucher.refresh_from_db()
    assert voucher.code in names(onboarded)
    assert voucher.on_router_at is not None


def test_a_voucher_that_was_taken_back_leaves_it(onboarded, node):
    voucher = sell(node)
    onboarded.poll()
    Voucher.objects.filter(pk=voucher.pk).update(revoked_at=timezone.now())

    onboarded.poll()

    assert voucher.code not in names(onboarded)


def test_while_nothing_changes_nothing_is_sent(onboarded, as_node, node):
    held = Onboarding.objects.get().held_version

    answer = as_node(node).get(SCRIPT, headers={"If-None-Match": f'"{held}"'})

    assert held
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["ETag"] == f'"{held}"'
    assert answer["Cache-Control"] == "no-store"


def test_only_what_changed_is_sent_to_who_holds_the_rest(onboarded, node, as_node):
    held = Onboarding.objects.get().held_version
    voucher = sell(node)

    told = as_node(node).get(SCRIPT, headers={"If-None-Match": held}).content.decode()

    assert voucher.code in told
    assert "/ip address add" not in told


def test_who_holds_nobody_knows_what_gets_it_all(onboarded, node, as_node):
    told = as_node(node).get(SCRIPT).content.decode()

    assert "/ip address add" in told
    assert 'find comment~"^cp:' in told


def test_rows_that_people_made_are_left_alone(onboarded, node):
    comments = ["mine", "cp: uplink", "cp:uplink", "cp:rekey:0a1b", "cp:revert:0a1b", "Cp:mesh:x"]
    for number, comment in enumerate(comments):
        onboarded.paste(
            f'/ip address add address=10.9.{number}.1/24 interface=bridge comment="{comment}"'
        )
    onboarded.paste("/system reboot")
    services.changed(node.network)

    onboarded.poll()

    assert set(comments) < {row.get("comment") for row in onboarded.rows(ADDRESSES)}


def test_an_interface_of_theirs_with_our_name_is_left_alone(box, line, network):
    NodeFactory(network=network, endpoint="203.0.113.9")
    box.paste("/interface wireguard add name=nm-skynet listen-port=999")
    (before,) = box.rows("/interface/wireguard")
    box.paste(line)
    Node.objects.update(key_update_asked_at=timezone.now())

    box.poll()

    assert box.rows("/interface/wireguard") == [before]
    assert box.rows("/interface/wireguard/peers") == []
    assert not box.ours("/ip/address")
    assert network.nodes.get(mac_address=box.mac).sync_state == Node.Sync.ERROR


def test_a_router_that_is_switched_off_here_is_left_to_its_people(onboarded, node):
    Router.objects.update(is_active=False)
    voucher = sell(node)

    onboarded.poll()

    assert voucher.code not in names(onboarded)


def test_after_a_reboot_it_is_repaired(onboarded, node):
    onboarded.paste(f'/ip address remove [find address="{node.address}/16"]')
    onboarded.router.reboot()

    onboarded.poll()

    assert f"{node.address}/16" in {row["address"] for row in onboarded.rows(ADDRESSES)}


def test_what_a_router_refuses_is_known_and_tried_again(onboarded, node, client):
    onboarded.paste('/ip hotspot user add name="taken" password=x')
    voucher = make_voucher(PackageFactory(router=node.router), code="taken")

    onboarded.poll()

    voucher.refresh_from_db()
    shown = client.get("/api/nodes/skynet/48:a9:8a:00:00:01/onboarding").json()
    assert shown["poll"]["failed"] == [f"cp:voucher:{voucher.pk}"]
    assert voucher.problem == "refused"
    assert voucher.on_router_at is None

    onboarded.paste('/ip hotspot user remove [find name="taken"]')
    Onboarding.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    onboarded.poll()

    voucher.refresh_from_db()
    assert voucher.on_router_at is not None


def test_while_we_reach_a_router_it_is_ours_alone_to_write_to(onboarded, node):
    Router.objects.update(is_online=True)
    voucher = sell(node)
    onboarded.poll()
    assert voucher.code not in names(onboarded)

    Router.objects.update(is_online=False)
    onboarded.poll()

    assert voucher.code in names(onboarded)


def test_a_new_peer_is_told_and_an_old_one_taken_away(onboarded, network):
    other = NodeFactory(network=network, address="10.70.0.77", endpoint="203.0.113.9")
    services.changed(network)
    onboarded.poll()
    assert len(onboarded.rows("/interface/wireguard/peers")) == 1

    other.delete()
    services.changed(network)
    onboarded.poll()

    assert onboarded.rows("/interface/wireguard/peers") == []


def test_a_new_key_that_is_asked_for_is_made_on_the_router(onboarded, node):
    before = node.public_key
    Node.objects.update(key_update_asked_at=timezone.now())

    onboarded.poll()

    node.refresh_from_db()
    assert node.public_key != before
    assert not node.needs_key_update
    assert len(onboarded.rows("/interface/wireguard")) == 1


def test_one_that_we_reach_makes_it_when_it_has_its_turn(onboarded, network, node):
    Router.objects.update(is_online=True)
    before = node.public_key
    keyupdate.start(network, None)
    onboarded.poll()
    node.refresh_from_db()
    assert node.public_key == before

    rolling.step(network.pk)
    onboarded.poll()

    node.refresh_from_db()
    assert node.public_key != before
    assert len(onboarded.rows("/interface/wireguard")) == 1


def test_rows_that_come_first_stand_before_those_of_others_and_in_their_order(onboarded):
    comments = [row.get("comment", "") for row in onboarded.rows("/ip/firewall/filter")]

    assert comments[:2] == ["cp:mesh:skynet:port", "cp:mesh:skynet:inside"]


def test_a_pass_finds_nothing_to_do_after_it(onboarded, node):
    row = node.router.reconciliation

    assert row.applied_version == row.desired_version
    assert "/ip/address" in row.menus
    reconcile.mark_dirty([node.router_id])
    onboarded.poll()
    row.refresh_from_db()
    assert row.applied_version == row.desired_version


def test_more_rows_than_fit_are_left_out_and_never_removed(onboarded, node, desired, monkeypatch):
    first = sell(node)
    onboarded.poll()
    monkeypatch.setattr("networks.onboarding.desired.MOST_ROWS", 4)
    sell(node)

    onboarded.poll()

    assert desired()["left_out"] != []
    assert first.code in names(onboarded)


def is_asked_soon():
    return RouterStatus.objects.get().next_check_at <= timezone.now()


def test_a_router_with_a_tunnel_to_us_is_asked_soon_and_others_as_rarely_as_before(
    onboarded, node, hub
):
    later = timezone.now() + timedelta(hours=1)
    RouterStatus.objects.update_or_create(router=node.router, defaults={"next_check_at": later})
    onboarded.poll()
    assert not is_asked_soon()

    Node.objects.filter(pk=node.pk).update(last_handshake_at=timezone.now())
    onboarded.poll()

    assert is_asked_soon()
