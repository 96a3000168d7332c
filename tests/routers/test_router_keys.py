"""Router keys: one usable key a router, counted exactly, verified in full."""

import jwt
import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from routers import keys
from routers.errors import InvalidRouterKey
from routers.models import Router, RouterKey
from tests.factories import RouterFactory
from tests.parallel import at_once

pytestmark = pytest.mark.sql


@pytest.fixture
def router(operator):
    return RouterFactory(owner=operator)


@pytest.fixture
def token(router):
    return keys.issue(router).token


def config(anonymous, token):
    return anonymous.get("/portal/config/", HTTP_X_API_KEY=token)


def test_a_key_opens_the_portal_of_its_router(anonymous, router, token):
    answer = config(anonymous, token)

    assert answer.status_code == 200
    assert answer.json()["router"]["id"] == router.public_id
    assert answer.json()["company"]["id"] == router.company.public_id


def test_a_key_is_taken_as_a_bearer_token_too(anonymous, token):
    answer = anonymous.get("/portal/config", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert answer.status_code == 200


def test_a_key_carries_the_claims_of_the_page(router, token):
    header = jwt.get_unverified_header(token.removeprefix("jwt_"))
    claims = jwt.decode(token.removeprefix("jwt_"), options={"verify_signature": False})

    assert header == {"alg": "HS256", "typ": "JWT"}
    assert claims["iss"] == "mikrotik-payment-api"
    assert claims["type"] == "router_api_key"
    assert claims["sub"] == router.public_id
    assert claims["empresa"] == router.company.public_id
    assert claims["exp"] - claims["iat"] == 365 * 24 * 3600
    assert claims["jti"] == router.keys.get().key_id


def test_only_a_digest_of_a_key_is_stored(router, token):
    stored = str(RouterKey.objects.filter(router=router).values().get())

    assert token not in stored
    assert token.removeprefix("jwt_") not in stored


def forged(token, key=None, **changes):
    claims = jwt.decode(token.removeprefix("jwt_"), options={"verify_signature": False})
    claims |= changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return "jwt_" + jwt.encode(claims, key or settings.ROUTER_KEY_SECRET, "HS256")


def unsigned(token):
    claims = jwt.decode(token.removeprefix("jwt_"), options={"verify_signature": False})
    return "jwt_" + jwt.encode(claims, None, "none")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        lambda token: token.removeprefix("jwt_"),
        lambda token: token + "x",
        lambda token: "jwt_",
        lambda token: "jwt_garbage",
        lambda token: "jwt_" + "a." * 2 + "a",
        lambda token: "jwt_" + "x" * 100_000,
        lambda token: forged(token, key="another-secret-of-at-least-32-characters"),
        lambda token: forged(token, iss="somebody-else"),
        lambda token: forged(token, type="session"),
        lambda token: forged(token, jti="key_0000000000000000"),
        lambda token: forged(token, sub="RTR_00000000"),
        lambda token: forged(token, empresa="EMP_0000000000"),
        lambda token: forged(token, exp=1),
        lambda token: forged(token, exp=2**40),
        lambda token: forged(token, exp="soon"),
        lambda token: forged(token, jti=["a"]),
        lambda token: forged(token, sub=7),
        lambda token: forged(token, type=None),
        lambda token: forged(token, exp=None),
        lambda token: forged(
            token, extra="claim"
        ),  # ours by its signature, but not the one we made
        unsigned,
    ],
)
def test_what_is_not_exactly_the_key_is_401(anonymous, token, spoil):
    answer = config(anonymous, spoil(token))

    assert answer.status_code == 401
    assert answer.json()["error"] == "Authentication credentials were not provided or are invalid"
    assert not RouterKey.objects.filter(use_count__gt=0).exists()


def test_no_key_at_all_is_401(anonymous, db):
    assert anonymous.get("/portal/config/").status_code == 401


def test_an_access_token_does_not_open_the_portal(client):
    assert client.get("/portal/config/").status_code == 401


@pytest.mark.parametrize("path", ["/routers/", "/users/profile/", "/admin/empresas"])
def test_a_key_opens_nothing_but_the_portal(anonymous, token, path):
    as_key = anonymous.get(path, HTTP_X_API_KEY=token)
    as_bearer = anonymous.get(path, HTTP_AUTHORIZATION=f"Bearer {token}")

    assert {as_key.status_code, as_bearer.status_code} == {401}


def test_an_expired_key_is_401(anonymous, token):
    with time_machine.travel(timezone.now() + keys.LIFETIME, tick=False):
        assert config(anonymous, token).status_code == 401


def test_a_revoked_key_is_401_at_the_very_next_request(anonymous, router, token):
    assert config(anonymous, token).status_code == 200

    keys.revoke(router.keys.get())

    assert config(anonymous, token).status_code == 401


def test_an_inactive_routers_key_is_refused_at_the_very_next_request(anonymous, router, token):
    Router.objects.filter(pk=router.pk).update(is_active=False)

    answer = config(anonymous, token)

    assert (answer.status_code, answer.json()["error"]) == (403, "Router inactivo")
    assert router.keys.get().use_count == 0


def test_an_inactive_companys_key_is_refused_at_the_very_next_request(anonymous, router, token):
    router.company.is_active = False
    router.company.save()

    answer = config(anonymous, token)

    assert (answer.status_code, answer.json()["error"]) == (403, "Empresa inactiva")


def test_a_key_costs_one_read_and_one_update(anonymous, token, django_assert_num_queries):
    with django_assert_num_queries(2 + 1) as queries:  # the last reads what is shown
        anonymous.get("/portal/packages/", HTTP_X_API_KEY=token)

    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE", "SELECT"]


def test_a_portal_page_of_any_origin_may_call_without_cookies(anonymous, token):
    answer = anonymous.get(
        "/portal/config/", HTTP_X_API_KEY=token, HTTP_ORIGIN="http://login.cafe.lan"
    )

    assert answer["Access-Control-Allow-Origin"] in {"*", "http://login.cafe.lan"}
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Access-Control-Allow-Origin" not in anonymous.get(
        "/users/profile/", HTTP_ORIGIN="http://login.cafe.lan"
    )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_uses_count_fifty(operator):
    token = keys.issue(RouterFactory(owner=operator)).token

    at_once(lambda _: keys.authenticate(token), 50)

    assert RouterKey.objects.get().use_count == 50


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_parallel_regenerations_leave_one_usable_key_and_a_whole_history(operator):
    router = RouterFactory(owner=operator)
    keys.issue(router)

    made = at_once(lambda _: keys.regenerate(router), 10)

    assert all(isinstance(new, keys.NewRouterKey) and new.replaced for new in made)
    assert router.keys.count() == 11
    assert router.keys.live().count() == 1
    assert sum(_opens(new.token) for new in made) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_revocations_one_revokes(operator):
    key = keys.issue(RouterFactory(owner=operator)).row

    results = at_once(lambda _: keys.revoke(key), 8)

    assert sum(isinstance(result, RouterKey) for result in results) == 1


def test_the_database_itself_refuses_a_second_usable_key(router):
    from django.db import IntegrityError

    keys.issue(router)

    with pytest.raises(IntegrityError):
        keys.issue(router)


def _opens(token):
    try:
        keys.authenticate(token)
    except InvalidRouterKey:
        return False
    return True
