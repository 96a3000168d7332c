"""How far a router has come, as the API shows it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from networks.models import Node, Onboarding
from routers.models import Reconciliation, Router
from tests.conftest import Client

pytestmark = pytest.mark.sql


@pytest.fixture
def progress(client):
    def read():
        return client.get("/api/nodes/skynet/8c:90:b5:06:f1:d9/onboarding").json()

    return read


def test_the_tunnel_is_what_is_missing_at_first(taken_in, progress):
    shown = progress()

    assert (shown["done"], shown["failing"], shown["handshakeage"]) == (False, "tunnel", None)
    assert [step["done"] for step in shown["steps"]] == [True, True, False, False, False]
    assert (shown["routeros"], shown["board"]) == ("7.16.2 (stable)", "hEX")
    assert "not reported" in shown["steps"][2]["hint"]


def test_a_network_without_a_hub_is_told_how_to_have_one(taken_in, progress):
    Onboarding.objects.update(reported_at=timezone.now())

    assert "addnetwork" in progress()["steps"][2]["hint"]


def test_then_the_routers_api(taken_in, hub, progress):
    Node.objects.filter(pk=taken_in.pk).update(last_handshake_at=timezone.now())
    shown = progress()

    assert shown["failing"] == "api"
    assert 0 <= shown["handshakeage"] < 60
    assert "/ip service" in shown["steps"][3]["hint"]


def test_a_hub_that_is_not_up_is_named(taken_in, hub, progress):
    Node.objects.filter(pk=taken_in.pk).update(last_handshake_at=timezone.now())
    Node.objects.filter(pk=hub.pk).update(sync_state=Node.Sync.ERROR, sync_error="wg is missing")

    assert "wg is missing" in progress()["steps"][3]["hint"]


def test_then_the_first_pass_and_then_nothing(taken_in, hub, progress, client):
    Node.objects.filter(pk=taken_in.pk).update(last_handshake_at=timezone.now())
    Router.objects.update(is_online=True)
    Reconciliation.objects.update(error="no route", last_success_at=timezone.now())
    shown = progress()
    assert (shown["failing"], shown["steps"][4]["hint"]) == ("managed", "no route")

    Reconciliation.objects.update(error="")

    assert (progress()["done"], progress()["failing"]) == (True, None)
    node = client.get("/api/nodes/skynet/8c:90:b5:06:f1:d9").json()
    assert node["onboarding"] == "done"


def test_a_handshake_of_long_ago_is_none(taken_in, progress, client):
    long_ago = timezone.now() - timedelta(hours=1)
    Node.objects.filter(pk=taken_in.pk).update(last_handshake_at=long_ago)

    assert progress()["failing"] == "tunnel"
    assert client.get("/api/nodes/skynet").json()[0]["onboarding"] == "tunnel"


def test_a_plain_peer_is_told_how_to_begin(client, node):
    shown = client.get(f"/api/nodes/skynet/{node.mac_address}/onboarding").json()

    assert shown["failing"] == "fetched"
    assert "Paste" in shown["steps"][1]["hint"]
    assert client.get(f"/api/nodes/skynet/{node.mac_address}").json()["onboarding"] == ""


def test_strangers_see_nothing(taken_in, stranger):
    answer = Client().as_user(stranger).get("/api/nodes/skynet/8c:90:b5:06:f1:d9/onboarding")

    assert answer.status_code == 404
