"""Who is let in: forged, stale and foreign tokens are 401 everywhere, and a key pair is as good."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings as live
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tests.factories import pair_of
from tests.routes import all_routes
from users import keys, tokens
from users.authentication import KeyPairAuthentication
from users.permissions import NotByKeyPair

UNAUTHENTICATED = "Authentication credentials were not provided or are invalid"
VERBS = ("get", "post", "put", "patch", "delete")


def ask(client, authorization):
    return client.get("/users/profile/", HTTP_AUTHORIZATION=authorization)


def claims_of(user, **changes):
    token = tokens.start_family(user).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    return {name: value for name, value in {**claims, **changes}.items() if value is not ...}


def signed(claims, key=None, algorithm="HS256", **headers):
    return jwt.encode(claims, key or live.JWT_SIGNING_KEY, algorithm, headers=headers)


def unsigned(claims):
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def test_what_we_signed_is_let_in(anonymous, operator):
    assert ask(anonymous, f"Bearer {signed(claims_of(operator))}").status_code == 200


FORGERIES = {
    "none": lambda c: unsigned(c),
    "another key": lambda c: signed(c, "x" * 64),
    "the secret key": lambda c: signed(c, live.SECRET_KEY),
    "another hash": lambda c: signed(c, algorithm="HS512"),
    "key id as a path, another key": lambda c: signed(c, "x" * 64, kid="../../dev/null"),
    "key of its own": lambda c: signed(c, "x" * 64, jwk={"kty": "oct", "k": "eHh4"}),
    "key elsewhere": lambda c: signed(c, "x" * 64, jku="https://evil.example/keys"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_401(anonymous, operator, forge):
    answer = ask(anonymous, f"Bearer {forge(claims_of(operator))}")

    assert (answer.status_code, answer.json()["error"]) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "someone"}, {"iss": ...}, {"aud": "something"}, {"aud": ...}, {"exp": 1},
        {"exp": ...}, {"jti": ...}, {"token_type": "refresh"}, {"token_type": ...},
        {"family": ...}, {"family": "7"}, {"user_id": ...}, {"user_id": "x"}, {"user_id": None},
        {"user_id": "9" * 30}, {"user_id": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_is_wrong_or_missing_is_401(anonymous, operator, change):
    answer = ask(anonymous, f"Bearer {signed(claims_of(operator, **change))}")

    assert answer.status_code == 401


def test_a_token_of_one_user_does_not_open_with_anothers_family(anonymous, operator, stranger):
    claims = claims_of(operator, user_id=str(stranger.pk))

    assert ask(anonymous, f"Bearer {signed(claims)}").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer a b", "Bearer a.b.c", "Bearer é", "Bearer jwt_a.b.c",
        "Basic YTpi", "bearer", "Token abc", "\xff", "Bearer " + "a" * 20_000,
    ],
)  # fmt: skip
def test_a_header_that_is_no_token_is_401(anonymous, db, header):
    answer = ask(anonymous, header)

    assert (answer.status_code, answer.json()["error"]) == (401, UNAUTHENTICATED)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@hypothesis(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(codec="latin-1"), max_size=200))
def test_no_header_whatever_breaks_anything(anonymous, db, text):
    assert ask(anonymous, f"Bearer {text}").status_code == 401


def test_a_stale_token_is_401_even_beside_a_good_pair(anonymous, operator):
    answer = anonymous.get(
        "/users/profile/", HTTP_AUTHORIZATION="Bearer stale", **pair_of(operator)
    )

    assert answer.status_code == 401


def test_an_expired_token_is_401(anonymous, operator):
    token = tokens.start_family(operator).access_token

    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert ask(anonymous, f"Bearer {token}").status_code == 401


def routes_for_pairs():
    """Every route that takes an access token, but account security."""
    for route in all_routes():
        view = route.view.cls
        takes_pairs = KeyPairAuthentication in view.authentication_classes
        if takes_pairs and NotByKeyPair not in view.permission_classes:
            yield route


@pytest.mark.parametrize("route", list(routes_for_pairs()), ids=lambda route: route.pattern)
def test_a_key_pair_answers_as_an_access_token_does(anonymous, client, operator, route):
    pair = pair_of(operator)
    path = route.path(**dict.fromkeys(route.names, 1))

    for verb in VERBS:
        by_token = getattr(client, verb)(path, {})
        by_pair = getattr(anonymous, verb)(path, {}, **pair)

        assert by_pair.status_code != 401
        assert by_pair.status_code == by_token.status_code
        assert "key_not_allowed" not in by_pair.getvalue().decode()


def test_the_sweep_of_key_pairs_meets_the_routes():
    assert {"users/profile/", "users/companies/", "routers/"} <= {
        route.pattern for route in routes_for_pairs()
    }


def test_a_credential_costs_one_query(client, anonymous, operator, django_assert_num_queries):
    pair = pair_of(operator)
    anonymous.get("/users/profile/", **pair)  # makes the profile, and notes the pair's use

    with django_assert_num_queries(1 + 1):
        client.get("/users/profile/")
    with django_assert_num_queries(1 + 1):
        anonymous.get("/users/profile/", **pair)


def test_a_scripts_token_costs_one_more(anonymous, operator, django_assert_num_queries):
    key = keys.make_pair(operator, "Till").row
    bearer = f"Bearer {tokens.start_family(operator, key).access_token}"
    ask(anonymous, bearer)

    with django_assert_num_queries(2 + 1):
        ask(anonymous, bearer)
