"""New keys for the routers of a network, over their real sockets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from networks.keyupdate import device, rolling, scripts, services
from networks.keyupdate.rolling import State
from networks.models import KeyChange, Node, Onboarding
from networks.nodes import services as nodes
from routers import connections
from routers.models import Reconciliation, Router
from routers.reconcile import services as reconcile
from tests.factories import NodeFactory
from tests.networks.keyupdate.conftest import pass_time
from tests.networks.routers import INTERFACE, PEERS, SCHEDULER, WIREGUARD, node_at, settle


@pytest.fixture
def pair(devices, network):
    """Two routers that hear each other; the second can be called."""
    one, two = node_at(devices[0], network), node_at(devices[1], network, at="198.51.100.2")
    settle()
    hear_each_other(one, two)
    return one, two


def hear_each_other(*members):
    for node in members:
        reconcile.reconcile(node.router)


def state_of(node):
    return KeyChange.objects.get(node=node).state


def key_on(device):
    (row,) = [row for row in device.rows(WIREGUARD) if row["comment"] == INTERFACE]
    return row["public-key"]


def leftovers(device):
    rows = [*device.rows(SCHEDULER), *device.rows(WIREGUARD)]
    return [row["name"] for row in rows if "rekey" in row["name"]]


def test_every_router_gets_a_new_key_and_all_hear_each_other_again(devices, network, pair, roll):
    before = [node.public_key for node in Node.objects.order_by("pk")]
    services.start(network, None)

    roll()

    after = [node.public_key for node in Node.objects.order_by("pk")]
    assert {state_of(node) for node in pair} == {State.DONE}
    assert not set(before) & set(after)
    assert [key_on(device) for device in devices[:2]] == after
    assert all("last-handshake" in devices[n].rows(PEERS)[0] for n in (0, 1))
    assert leftovers(devices[0]) == leftovers(devices[1]) == []
    assert not Node.objects.awaiting_key().exists()


def test_no_private_key_leaves_its_router(devices, network, pair, roll):
    services.start(network, None)
    roll()

    private = {row["private-key"] for device in devices[:2] for row in device.rows(WIREGUARD)}
    said = " ".join(word for device in devices for words in device.sentences for word in words)
    assert not any(key in said for key in private)
    assert "private-key" not in said.replace("private-key]", "").replace("private-key=$", "")


def test_nobody_is_next_before_the_one_before_is_done(network, pair, roll):
    services.start(network, None)
    seen = set()

    def look():
        settle()
        running = KeyChange.objects.filter(state=State.RUNNING).count()
        seen.add((running, KeyChange.objects.filter(state=State.QUEUED).count()))

    roll(meanwhile=look)

    assert {running for running, _ in seen} == {0, 1} or {running for running, _ in seen} == {1}


def test_a_second_call_goes_on_with_the_first(network, pair):
    first = services.start(network, None)
    rolling.step(network.pk)

    second = services.start(network, None)

    assert (first["queued"], second["queued"], second["running"]) == (2, 1, 1)
    assert network.key_updates.count() == 1


def test_one_that_is_away_does_not_hold_up_the_others(devices, network, pair, roll, server_clock):
    devices[0].switch_off()
    connections.close()
    services.start(network, None)
    roll()
    assert [state_of(node) for node in pair] == [State.AWAY, State.DONE]
    assert list(Node.objects.awaiting_key()) == [pair[0]]

    devices[0].switch_on()
    connections.close()
    pass_time(devices, server_clock, 120)
    roll()

    assert state_of(pair[0]) == State.DONE


def test_a_router_that_nobody_hears_afterwards_takes_its_old_key_again(
    devices, network, pair, roll
):
    before = key_on(devices[0])
    services.start(network, None)

    roll(at_least=15, meanwhile=lambda: None)  # nobody learns of any new key

    one = KeyChange.objects.get(node=pair[0])
    assert (one.state, key_on(devices[0])) == (State.FAILED, before)
    assert "No other node" in one.error
    pair[0].refresh_from_db()
    assert pair[0].public_key == before
    assert pair[0].needs_key_update
    assert leftovers(devices[0]) == []


def test_alone_in_its_network_it_is_enough_that_it_can_be_reached(devices, network, roll):
    node = node_at(devices[0], network)
    settle()
    services.start(network, None)

    roll()

    assert state_of(node) == State.DONE


def test_a_step_that_died_after_the_change_is_gone_on_with(devices, network, pair, roll):
    services.start(network, None)
    rolling.step(network.pk)  # prepared, and then nobody for a while

    roll()

    assert {state_of(node) for node in pair} == {State.DONE}


def test_a_pass_that_comes_between_leaves_the_old_key_to_all(devices, network, monkeypatch):
    node = node_at(devices[0], network)
    settle()
    services.start(network, None)
    before, make_spare = key_on(devices[0]), device.make_spare

    def then_a_pass_begins(node):
        prepared = make_spare(node)
        Reconciliation.objects.filter(pk=node.router_id).update(
            holder="a pass", lease_until=timezone.now() + timedelta(minutes=1)
        )
        return prepared

    monkeypatch.setattr(device, "make_spare", then_a_pass_begins)
    rolling.step(network.pk)

    change = KeyChange.objects.get(node=node)
    assert (change.state, change.token) == (State.RUNNING, "")
    assert leftovers(devices[0]) == []
    node.refresh_from_db()
    assert node.public_key == before


def test_a_router_that_asks_makes_its_key_when_it_asks(devices, network, roll):
    node = node_at(devices[0], network)
    settle()
    now = timezone.now()
    Onboarding.objects.create(node=node, fetched_at=now, polled_at=now)
    services.start(network, None)
    before = key_on(devices[0])

    rolling.step(network.pk)
    node.refresh_from_db()
    assert services.has_its_turn(node)
    assert leftovers(devices[0]) == []
    row = next(row for row in devices[0].rows(WIREGUARD) if row["comment"] == INTERFACE)
    devices[0].set(WIREGUARD, row[".id"], {"private-key": "A" * 42 + "E="})
    reconcile.reconcile(node.router)  # or its report
    rolling.step(network.pk)

    node.refresh_from_db()
    assert state_of(node) == State.DONE
    assert key_on(devices[0]) == node.public_key != before


def test_one_that_asks_no_more_is_changed_as_others_are(devices, network, roll, server_clock):
    node = node_at(devices[0], network)
    settle()
    now = timezone.now()
    Onboarding.objects.create(node=node, fetched_at=now, polled_at=now)
    services.start(network, None)

    roll(at_least=20)
    assert state_of(node) == State.AWAY
    pass_time(devices, server_clock, 61)
    roll()

    assert state_of(node) == State.DONE


def test_a_plain_peer_makes_its_own_and_holds_up_nobody(network, pair, roll):
    plain = NodeFactory(network=network)
    services.start(network, None)
    roll()
    assert [state_of(node) for node in (*pair, plain)] == [State.DONE, State.DONE, State.QUEUED]

    nodes.update(plain, public_key=NodeFactory.build(network=network).public_key)
    roll()

    assert state_of(plain) == State.DONE
    assert network.key_updates.get().ended_at is not None


def test_a_router_that_is_switched_off_here_has_no_turn(devices, network, pair, roll):
    Router.objects.filter(nodes=pair[0]).update(is_active=False)
    before = key_on(devices[0])
    services.start(network, None)

    roll()

    assert [state_of(node) for node in pair] == [State.QUEUED, State.DONE]
    assert key_on(devices[0]) == before


def test_a_router_without_the_interface_is_told_so(devices, network, roll):
    node = node_at(devices[0], network)
    services.start(network, None)

    roll(meanwhile=lambda: None)

    change = KeyChange.objects.get(node=node)
    assert (change.state, change.attempts) == (State.FAILED, 1)
    assert "interface" in change.error


# Routers that we reach through the tunnel --------------------------------------------------------


@pytest.fixture
def star(devices, network):
    """A hub that we reach from outside, and a router that we reach through it alone."""
    hub = node_at(devices[1], network, at="198.51.100.2", is_hub=True, host="localhost")
    spoke = node_at(devices[0], network, address="127.0.0.1")  # its overlay address
    settle()
    hear_each_other(hub, spoke)
    devices[0].manage_through(tunnel="nm-skynet")
    return hub, spoke


def test_a_router_behind_the_tunnel_is_reached_again_with_its_new_key(devices, network, star, roll):
    before = key_on(devices[0])
    services.start(network, None)

    roll()

    _, spoke = star
    assert state_of(spoke) == State.DONE
    assert key_on(devices[0]) != before
    reconcile.reconcile(spoke.router)


def test_the_hub_changes_together_with_whom_it_carries(devices, network, star, roll):
    before = key_on(devices[1])
    services.start(network, None)

    roll()

    hub, spoke = star
    hub.refresh_from_db()
    assert (state_of(hub), state_of(spoke)) == (State.DONE, State.DONE)
    assert key_on(devices[1]) == hub.public_key != before
    assert leftovers(devices[0]) == leftovers(devices[1]) == []
    reconcile.reconcile(spoke.router)


def test_the_hub_waits_while_one_that_it_carries_is_away(devices, network, star, roll):
    before = key_on(devices[1])
    devices[0].switch_off()
    connections.close()
    services.start(network, None)

    roll()

    change = KeyChange.objects.get(node=star[0])
    assert (change.state, key_on(devices[1])) == (State.FAILED, before)
    assert "managed through this node" in change.error


def test_one_that_is_lost_before_it_was_told_when_keeps_its_key(
    devices, network, star, monkeypatch
):
    before, make_spare = key_on(devices[0]), device.make_spare

    def then_it_is_off(node):
        prepared = make_spare(node)
        devices[0].switch_off()
        connections.close()
        return prepared

    monkeypatch.setattr(device, "make_spare", then_it_is_off)
    services.start(network, None)

    rolling.step(network.pk)

    _, spoke = star
    spoke.refresh_from_db()
    assert (state_of(spoke), spoke.public_key) == (State.AWAY, before)


def test_where_one_cannot_be_prepared_nothing_is_left_to_happen_on_the_others(
    devices, network, star
):
    node_at(devices[2], network, address="::1", host="::1")  # nobody answers there
    services.start(network, None)
    KeyChange.objects.exclude(node=star[0]).update(state=State.DONE)

    rolling.step(network.pk)

    change = KeyChange.objects.get(node=star[0])
    assert (change.state, change.attempts) == (State.FAILED, 1)
    assert leftovers(devices[0]) == leftovers(devices[1]) == []


def test_a_hub_that_is_nobody_s_to_configure_keeps_its_key_for_those_that_it_carries(
    devices, network, roll
):
    hub = NodeFactory(network=network, endpoint="198.51.100.1", is_hub=True)
    node_at(devices[0], network, address="127.0.0.1")
    settle()

    services.start(network, None)
    roll()

    hub.refresh_from_db()
    assert not hub.needs_key_update
    assert "Routers are managed" in KeyChange.objects.get(node=hub).error
    assert network.key_updates.get().ended_at is not None


# What routers run --------------------------------------------------------------------------------


def test_a_way_back_does_nothing_before_there_was_a_change(devices):
    device = devices[0]
    device.add(WIREGUARD, {"name": "own", "comment": INTERFACE})
    device.add(WIREGUARD, {"name": "spare", "comment": scripts.spare_mark("t0")})
    old = key_on(device)
    new = next(row["public-key"] for row in device.rows(WIREGUARD) if row["name"] == "spare")
    there, back = scripts.changes(INTERFACE, "t0", old=old, new=new)

    device.run_script(back)

    assert key_on(device) == old
    assert there.count("private-key") == back.count("private-key")
