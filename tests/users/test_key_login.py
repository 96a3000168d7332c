"""POST /users/api-key-login/: tokens for a script, which may do what its pair may and no longer."""

import pytest

from tests.factories import PASSWORD
from users import keys, tokens


@pytest.fixture
def pair(operator):
    return keys.make_pair(operator, "Till")


def log_in(client, pair, **changes):
    body = {"public_key": pair.row.public_key, "private_key": pair.private_key, **changes}
    return client.post("/users/api-key-login/", body)


@pytest.fixture
def script(anonymous, pair):
    """A client with an access token that the pair logged in for."""
    token = log_in(anonymous, pair).json()["access_token"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return anonymous


def test_the_answer_has_the_shape_of_a_login(anonymous, pair, operator):
    answer = log_in(anonymous, pair)

    assert answer.status_code == 200
    assert answer.json().keys() == {
        "message", "access_token", "refresh_token", "user_id", "username",
    }  # fmt: skip
    assert answer.json()["user_id"] == operator.pk


def test_the_token_works(script):
    assert script.get("/routers/").status_code == 200


@pytest.mark.parametrize("half", ["public_key", "private_key"])
@pytest.mark.parametrize("value", ["x", "é", "cp_pub_x", "x" * 255])
def test_a_half_that_does_not_fit_is_a_failed_login(anonymous, pair, half, value):
    answer = log_in(anonymous, pair, **{half: value})

    assert answer.status_code == 401
    assert answer.json() == {"error": "Invalid credentials", "code": "invalid_credentials"}


def test_the_pair_of_a_disabled_user_does_not_log_in(anonymous, pair, operator):
    type(operator).objects.update(is_active=False)

    assert log_in(anonymous, pair).status_code == 401


def test_failures_count_against_the_address(anonymous, pair, settings):
    settings.LIMITS = {**settings.LIMITS, "failed_logins_per_address": (2, 300)}

    answers = [log_in(anonymous, pair, private_key="x") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_revoking_the_pair_ends_its_tokens(anonymous, pair, operator):
    given = log_in(anonymous, pair).json()

    operator.api_keys.all().revoke()

    bearer = f"Bearer {given['access_token']}"
    assert anonymous.get("/routers/", HTTP_AUTHORIZATION=bearer).status_code == 401
    body = {"refresh_token": given["refresh_token"]}
    assert anonymous.post("/users/token/refresh/", body).status_code == 401


def test_revoking_the_pair_leaves_a_persons_tokens_alone(client, operator, pair):
    operator.api_keys.all().revoke()

    assert client.get("/routers/").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users/generate-api-key/", {}),
        ("/users/rotate-api-keys/", {}),
        ("/users/password/", {"current_password": PASSWORD, "new_password": "kettle-and-papaya"}),
    ],
)
def test_the_token_is_no_way_round_what_the_pair_may_not_do(script, path, body):
    answer = script.post(path, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")


def test_the_tokens_that_follow_are_bound_alike(anonymous, pair):
    body = {"refresh_token": log_in(anonymous, pair).json()["refresh_token"]}
    token = anonymous.post("/users/token/refresh/", body).json()["access_token"]

    answer = anonymous.get("/users/api-keys/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert answer.status_code == 403


def test_a_script_may_log_itself_out_and_nobody_else(anonymous, pair, operator, client):
    body = {"refresh_token": log_in(anonymous, pair).json()["refresh_token"]}

    assert anonymous.post("/users/logout/", {**body, "all": True}).status_code == 403
    assert client.get("/routers/").status_code == 200
    assert anonymous.post("/users/logout/", body).status_code == 200
    assert tokens.TokenFamily.objects.live().count() == 1
