"""Bad input gets a clear error in the family's shape: never a 500, never HTML."""

import json

import pytest
from django.test import override_settings

from users import services

NAMES = {"error", "code"}


def is_refusal(answer, status):
    return (
        answer.status_code == status
        and answer["Content-Type"].startswith("application/json")
        and answer.json().keys() >= NAMES
    )


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_path_is_404_for_every_verb(anonymous, verb, debug):
    with override_settings(DEBUG=debug):
        answer = getattr(anonymous, verb)("/no/such/path")

    assert is_refusal(answer, 404)
    assert answer.json()["error"] == "Resource not found"


@pytest.mark.parametrize("path", ["/users/login/", "/users/login", "/health/", "/health"])
def test_a_wrong_verb_is_405(anonymous, db, path):
    answer = anonymous.delete(path)

    assert answer.status_code == 405


def test_an_unparsable_host_header_is_400(anonymous):
    assert is_refusal(anonymous.get("/users/profile/", HTTP_HOST="bad host"), 400)


BAD_BODIES = [
    "{",
    "[]",
    '"text"',
    "7",
    "null",
    "NaN",
    '{"username": NaN}',
    '{"username": ' + "9" * 5000 + "}",
    "[" * 100_000,
    '{"a":' * 50_000,
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
@pytest.mark.parametrize("path", ["/users/login/", "/users/register/", "/users/token/refresh/"])
def test_a_body_that_is_no_json_object_is_400(anonymous, db, path, body):
    answer = anonymous.post(path, body, content_type="application/json")

    assert is_refusal(answer, 400)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", ["a"], {"a": 1}, None, True, "x" * 10_000, ""])
@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_a_bad_value_is_400_and_names_its_field(anonymous, db, field, value):
    body = {"username": "amina", "email": "amina@example.com", "password": "teapot-and-mango"}
    text = json.dumps({**body, field: value})

    answer = anonymous.post("/users/register/", text, content_type="application/json")

    assert is_refusal(answer, 400)
    assert field in answer.json()["fields"]
    assert field in answer.json()["error"]


def test_a_field_that_nobody_knows_is_named(anonymous, db):
    answer = anonymous.post("/users/login/", {"username": "a", "password": "b", "pasword": "c"})

    assert answer.json()["fields"] == {"pasword": ["There is no such field."]}


def test_a_content_type_that_is_not_read_is_415(anonymous, db):
    answer = anonymous.post("/users/login/", "<a/>", content_type="application/xml")

    assert is_refusal(answer, 415)


def test_a_body_of_a_form_is_read_too(anonymous, operator):
    body = {"username": "operator", "password": "teapot-and-mango"}

    assert anonymous.post("/users/login/", body, format="multipart").status_code == 200


def test_a_body_beyond_the_cap_is_413(anonymous, db):
    answer = anonymous.post(
        "/users/login/", json.dumps({"username": "x" * 2_000_000}), content_type="application/json"
    )

    assert is_refusal(answer, 413)


def test_any_accept_header_is_answered_in_json(client):
    answer = client.get("/users/profile/", HTTP_ACCEPT="text/html")

    assert answer["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("debug", [False, True])
def test_a_crash_tells_the_caller_nothing_and_the_log_everything(
    anonymous, db, monkeypatch, caplog, debug
):
    def crash(*args, **kwargs):
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(services, "check_credentials", crash)
    anonymous.raise_request_exception = False
    with override_settings(DEBUG=debug):
        answer = anonymous.post("/users/login/", {"username": "a", "password": "b"})

    assert answer.json() == {
        "error": "Internal server error occurred",
        "code": "internal_error",
    }
    assert answer.status_code == 500
    assert "a secret of ours" in caplog.text


@pytest.mark.parametrize("path", ["/users/profile", "/users/profile/", "/routers", "/routers/"])
def test_a_path_answers_with_and_without_its_slash(client, path):
    assert client.get(path).status_code == 200


def test_a_post_without_the_slash_is_not_redirected(anonymous, operator):
    body = {"username": "operator", "password": "teapot-and-mango"}

    assert anonymous.post("/users/login", body).status_code == 200
