import pytest

from routers import connections, services
from routers.models import Router
from routers.routeros import Reply, errors
from tests.factories import RouterFactory
from tests.routers.support import TRANSPORTS, answered_within, at, patience_for, router_at

NAMES = {
    "identity", "cpu_load", "free_memory", "total_memory", "free_hdd_space", "total_hdd_space",
    "version", "uptime",
}  # fmt: skip


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_gives_the_same_eight_strings(client, operator, device, transport):
    router = router_at(device, transport, owner=operator)
    device.faults.set(cpu_load=2)

    answer = client.get(at(router, "device-info")).json()

    info = answer.pop("device_info")
    assert answer == {
        "router_id": router.pk,
        "message": "Device information retrieved successfully",
    }
    assert info.pop("uptime").endswith("s")
    assert info.pop("free_memory").isdigit()
    assert info == {
        "identity": "MikroTik",
        "cpu_load": "2%",
        "total_memory": "268435456",
        "free_hdd_space": "4194304",
        "total_hdd_space": "16777216",
        "version": "7.16.2 (stable)",
    }


def test_what_a_model_does_not_say_is_unknown(client, operator, monkeypatch):
    router = RouterFactory(owner=operator)
    monkeypatch.setattr(connections, "run", lambda *_: Reply([{"version": "6.49"}]))

    info = client.get(at(router, "device-info")).json()["device_info"]

    assert info == {**dict.fromkeys(NAMES, "Unknown"), "version": "6.49"}


def test_a_router_that_says_nothing_of_itself_is_unknown(client, operator, monkeypatch):
    router = RouterFactory(owner=operator)
    monkeypatch.setattr(connections, "run", lambda *_: Reply())

    info = client.get(at(router, "device-info")).json()["device_info"]

    assert info == dict.fromkeys(NAMES, "Unknown")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"silent": True}, "timeout"),
        ({"refuse": True}, "unreachable"),
        ({"auth_fail": True}, "auth_failed"),
        ({"cut_after": 300}, "unreachable"),
        ({"drip": 0.2}, "timeout"),
    ],
)
def test_a_router_that_is_away_is_unavailable_and_not_a_success(
    client, operator, device, monkeypatch, transport, faults, reason
):
    seconds = patience_for(reason)
    monkeypatch.setattr(services, "COMMAND_SECONDS", seconds)
    device.faults.set(**faults)
    router = router_at(device, transport, owner=operator)

    with answered_within(seconds):
        response = client.get(at(router, "device-info"))

    assert response.status_code == 503
    assert response.json()["code"] == "router_unreachable"
    assert response.json()["reason"] == reason
    assert response.json()["error"].endswith(".")


def test_a_certificate_that_changed_is_shown_so_that_it_can_be_compared(client, operator, device):
    router = router_at(device, "api-ssl", owner=operator, tls_fingerprint="ab" * 32)

    response = client.get(at(router, "device-info"))

    assert response.json()["reason"] == "tls_untrusted"
    assert response.json()["seen_fingerprint"] == device.fingerprint


def test_an_account_that_may_not_read_is_told_so(client, router, device, monkeypatch):
    def refuse(*_):
        raise errors.NotPermitted("not enough permissions (9)", status=403)

    monkeypatch.setattr(connections, "run", refuse)
    response = client.get(at(router, "device-info"))

    assert response.status_code == 400
    assert response.json() == {
        "error": "not enough permissions (9)",
        "code": "router_refused",
        "router_id": router.pk,
        "status_code": 403,
    }


def test_a_password_that_cannot_be_read_is_a_conflict(client, router):
    Router.objects.filter(pk=router.pk).update(public_id="RTR_MOVED000")

    assert client.get(at(router, "device-info")).status_code == 409
