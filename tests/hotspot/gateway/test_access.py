"""Who gets in, and in which order a request is refused: the page's three messages."""

import json
import logging

import pytest

from hotspot.models import GuestGateway

OFF = {"message": "API is not enabled", "error": True}
NOT_SET = {"message": "API Key not set or method not allowed", "error": True}
INCORRECT = {"message": "API Key is incorrect", "error": True}
READ = "get_voucher_users"


def answer(response):
    return response.status_code, response.json()


def cloud(desk):
    return f"/gw/{desk.gateway.label}/api/"


@pytest.fixture(params=["/api/", "the cloud endpoint"])
def path(request, desk):
    return cloud(desk) if request.param != "/api/" else request.param


def test_a_key_opens_its_gateway_by_either_method(desk, path):
    assert answer(desk.post(READ, path)) == (200, {"users": []})
    assert answer(desk.get(READ, path)) == (200, {"users": []})


def test_with_both_methods_off_nothing_is_enabled(desk, path):
    desk.set(post_enabled=False, get_enabled=False)

    assert answer(desk.post(READ, path)) == (403, OFF)
    assert answer(desk.get(READ, path)) == (403, OFF)


@pytest.mark.parametrize(("open_one", "closed"), [("post", "get"), ("get", "post")])
def test_a_method_that_is_off_is_not_allowed(desk, path, open_one, closed):
    desk.set(**{f"{closed}_enabled": False})

    assert answer(getattr(desk, closed)(READ, path)) == (405, NOT_SET)
    assert getattr(desk, open_one)(READ, path).status_code == 200


@pytest.mark.parametrize("key", ["", None])
def test_a_missing_key_is_not_set(desk, path, key):
    desk.key = key

    assert answer(desk.post(READ, path)) == (401, NOT_SET)


def test_a_key_counts_in_its_method_s_own_place_only(desk, path):
    elsewhere = desk.client.post(
        f"{path}?api-key={desk.key}&action={READ}", {"action": READ}, format="json"
    )

    assert answer(elsewhere) == (401, NOT_SET)


def test_a_key_in_the_header_is_as_good(desk, path):
    header = {"HTTP_X_API_KEY": desk.key}

    assert desk.client.get(path, {"action": READ}, **header).status_code == 200
    assert desk.client.post(path, {"action": READ}, format="json", **header).status_code == 200


@pytest.mark.parametrize("key", ["cp_guest_wrong", "x" * 5000, 7, True, ["a"], {"a": 1}, "é\ud7ff"])
def test_a_wrong_key_is_incorrect(desk, path, key):
    desk.key = key

    assert answer(desk.post(READ, path)) == (401, INCORRECT)


def test_another_gateway_s_key_does_not_open_a_cloud_endpoint(desk):
    other = GuestGateway.objects.create(
        router=type(desk.gateway.router).objects.create(
            company=desk.gateway.router.company, name="Bar", host="10.0.0.9", password="x"
        ),
        label="0123456789",
        post_enabled=True,
    )

    assert answer(desk.post(READ, f"/gw/{other.label}/api/")) == (401, INCORRECT)


def test_a_cloud_endpoint_that_is_not_there_is_not_found(desk):
    response = desk.post(READ, "/gw/0000000000/api/")

    assert response.status_code == 404
    assert response.json()["message"] == "An error occurred"


def test_a_key_that_was_replaced_opens_nothing(desk):
    desk.gateway.rotate_key()
    desk.gateway.save()

    assert answer(desk.post(READ)) == (401, INCORRECT)


@pytest.mark.parametrize("switched_off", ["router", "company"])
def test_an_inactive_router_s_gateway_is_closed(desk, path, switched_off):
    row = desk.gateway.router
    row = row if switched_off == "router" else row.company
    type(row).objects.filter(pk=row.pk).update(is_active=False)

    assert answer(desk.post(READ, path)) == (403, OFF)


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "head", "options"])
def test_other_methods_are_not_allowed(desk, path, verb):
    response = getattr(desk.client, verb)(path, HTTP_X_API_KEY=desk.key)

    assert response.status_code == 405
    assert verb == "head" or response.json() == NOT_SET


@pytest.mark.parametrize("action", ["", "create_vouchers", None, 7, ["create_voucher"], {}])
def test_an_unknown_action_is_an_error(desk, action):
    response = desk.post(action)

    assert answer(response) == (
        400,
        {"message": "An error occurred", "error": True, "detail": "There is no such action."},
    )


def test_a_body_that_cannot_be_read_is_an_error(desk):
    response = desk.client.post("/api/", b"{", content_type="application/json")

    assert response.status_code == 400
    assert response.json()["message"] == "An error occurred"


@pytest.mark.parametrize(
    "labelled", ["", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_json_is_read_whatever_it_is_labelled(desk, labelled):
    body = json.dumps({"api-key": desk.key, "action": READ})

    response = desk.client.generic("POST", "/api/", body, content_type=labelled)

    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_forms_are_read_as_well(desk, kind):
    response = desk.client.post("/api/", {"api-key": desk.key, "action": READ}, format=kind)

    assert response.status_code == 200


def test_with_the_legacy_switch_every_refusal_of_the_gateway_is_200(desk):
    desk.set(legacy_status=True, get_enabled=False)

    assert answer(desk.get(READ)) == (200, NOT_SET)
    assert answer(desk.post("nothing"))[0] == 200
    assert answer(desk.post("remove_voucher", username="nobody")) == (
        200,
        {"message": "Username doesn't exist", "error": True},
    )
    desk.key = "cp_guest_wrong"
    assert answer(desk.post(READ, cloud(desk))) == (200, INCORRECT)
    assert answer(desk.post(READ)) == (401, INCORRECT)  # whose gateway, nobody can tell


def test_after_thirty_wrong_keys_an_address_waits(desk, path):
    right, desk.key = desk.key, "cp_guest_wrong"
    for _ in range(30):
        assert desk.post(READ, path).status_code == 401

    refused = desk.post(READ, path)
    desk.key = right

    assert refused.status_code == 429
    assert refused.json()["message"] == "An error occurred"
    assert int(refused["Retry-After"]) <= 60
    assert desk.post(READ, path).status_code == 429


def test_right_keys_are_not_counted(desk, settings):
    settings.LIMITS = {**settings.LIMITS, "wrong_guest_keys_per_address": (2, 60)}

    assert [desk.post(READ).status_code for _ in range(4)] == [200] * 4


def test_a_path_answers_without_its_last_slash(desk, path):
    assert desk.post(READ, path.removesuffix("/")).status_code == 200


def test_no_answer_is_stored_on_the_way(desk, path):
    assert desk.get(READ, path)["Cache-Control"] == "no-store"
    assert desk.client.get(path)["Cache-Control"] == "no-store"


def test_a_key_in_a_url_reaches_no_log(desk, caplog):
    with caplog.at_level(logging.DEBUG):
        desk.get(READ)
        desk.key += "-wrong"
        desk.get(READ)

    assert caplog.records
    assert desk.gateway.key_digest
    assert "cp_guest_" not in caplog.text
    assert not [record for record in caplog.records if "cp_guest_" in str(record.__dict__)]
