"""A router's gateway as its owner sees and sets it: `/routers/{id}/guest-api/…`."""

import pytest

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from hotspot.models import GuestGateway
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.support import at, member


@pytest.fixture
def path(router):
    return at(router, "guest-api")


def read(client, key):
    return client.post("/api/", {"api-key": key, "action": "get_voucher_users"}, format="json")


def test_until_it_is_set_up_a_gateway_is_closed(client, path):
    response = client.get(path)

    assert response.status_code == 200
    assert response.json() == {
        "post_enabled": False,
        "get_enabled": False,
        "legacy_status": False,
        "valid_for_preset": "1 day",
        "local_endpoint": "http://localhost:8000/api/",
        "cloud_endpoint": None,
        "has_key": False,
        "key_made_at": None,
    }
    assert not GuestGateway.objects.exists()


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_what_is_sent_changes_and_the_rest_stays(client, path, verb):
    client.put(path, {"get_enabled": True})

    shown = getattr(client, verb)(path, {"post_enabled": True, "valid_for_preset": "30 days"})

    assert shown.status_code == 200
    assert shown.json() == client.get(path).json()
    assert (shown.json()["post_enabled"], shown.json()["get_enabled"]) == (True, True)
    assert shown.json()["valid_for_preset"] == "30 days"
    assert GuestGateway.objects.get().label in shown.json()["cloud_endpoint"]


@pytest.mark.parametrize("preset", ["24 hours", "", None, "Always", 1])
def test_a_preset_is_one_of_the_65_values(client, path, preset):
    response = client.put(path, {"valid_for_preset": preset}, format="json")

    assert response.status_code == 400
    assert "valid_for_preset" in response.json()["fields"]


def test_a_new_key_is_shown_once_and_opens_the_gateway(client, anonymous, path):
    client.put(path, {"post_enabled": True})

    response = client.post(f"{path}rotate-key/")

    key = response.json()["api_key"]
    assert response.status_code == 201
    assert key.startswith("cp_guest_")
    assert read(anonymous, key).status_code == 200
    assert client.get(path).json()["has_key"] is True
    assert key not in client.get(path).content.decode()
    assert key not in str(GuestGateway.objects.values())


def test_a_rotated_key_ends_the_one_before(client, anonymous, path):
    client.put(path, {"post_enabled": True})
    first, second = (client.post(f"{path}rotate-key/").json()["api_key"] for _ in range(2))

    assert read(anonymous, first).status_code == 401
    assert read(anonymous, second).status_code == 200


def test_a_rotation_that_is_sent_twice_makes_one_key_and_shows_it_once(client, path):
    first, second = (
        client.post(f"{path}rotate-key/", HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)
    )

    assert first.json()["api_key"]
    assert second.json() == {"api_key": None}


def test_a_moved_endpoint_closes_the_old_one(client, anonymous, path):
    client.put(path, {"post_enabled": True})
    key = client.post(f"{path}rotate-key/").json()["api_key"]
    before = client.get(path).json()["cloud_endpoint"].removeprefix("http://localhost:8000")

    response = client.post(f"{path}regenerate-endpoint/")

    after = response.json()["cloud_endpoint"].removeprefix("http://localhost:8000")
    sent = {"api-key": key, "action": "get_voucher_users"}
    assert response.status_code == 201
    assert anonymous.post(before, sent, format="json").status_code == 404
    assert anonymous.post(after, sent, format="json").status_code == 200


@pytest.mark.parametrize("act", ["", "rotate-key/", "regenerate-endpoint/"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_owners_change_it(client, operator, act, role):
    path = f"{at(RouterFactory(company=member(operator, role)), 'guest-api')}{act}"

    response = client.post(path) if act else client.put(path, {"post_enabled": True})

    assert response.status_code == 403
    assert response.json()["code"] == "role_too_low"
    assert not GuestGateway.objects.exists()


def test_a_viewer_sees_it(client, operator):
    router = RouterFactory(company=member(operator, Role.VIEWER))

    assert client.get(at(router, "guest-api")).status_code == 200


def test_every_change_is_on_record_without_the_key(client, path):
    client.put(path, {"post_enabled": True})
    key = client.post(f"{path}rotate-key/").json()["api_key"]
    client.post(f"{path}regenerate-endpoint/")

    events = list(AuditEvent.objects.order_by("pk"))
    assert [event.action for event in events] == [
        "guest_api.update", "guest_api.rotate_key", "guest_api.regenerate_endpoint",
    ]  # fmt: skip
    assert events[0].details == {"changed": ["post_enabled"]}
    assert key not in str([vars(event) for event in events])


def test_a_router_s_gateway_goes_with_it(client, router, path):
    client.put(path, {"post_enabled": True})

    assert client.delete(at(router)).status_code == 200
    assert not GuestGateway.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_setting_it_up_at_once_from_many_sides_makes_one_gateway(client_of, operator, router):
    path = at(router, "guest-api")

    clients = [client_of(operator) for _ in range(8)]

    answers = at_once(lambda n: clients[n].put(path, {"post_enabled": True}).status_code, 8)

    assert set(answers) == {200}
    assert GuestGateway.objects.count() == 1
