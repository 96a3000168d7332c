"""Owners and the keys of their own routers: `/routers/{id}/api-keys/…`."""

import pytest

from cloudpilot.tenancy import Role
from routers import keys
from tests.factories import MembershipFactory, RouterFactory


@pytest.fixture
def router(operator):
    return RouterFactory(owner=operator)


def url(router, tail=""):
    return f"/routers/{router.pk}/api-keys/{tail}"


def test_an_owner_makes_the_first_key(client, anonymous, router):
    answer = client.post(url(router, "regenerate/"))

    assert answer.status_code == 201
    assert answer.json()["previous_key_revoked"] is False
    opened = anonymous.get("/portal/config/", HTTP_X_API_KEY=answer.json()["api_key"])
    assert opened.status_code == 200


def test_a_new_key_ends_the_one_before(client, anonymous, router):
    old = keys.issue(router).token

    answer = client.post(url(router, "regenerate/"))

    assert answer.json()["previous_key_revoked"] is True
    assert anonymous.get("/portal/config/", HTTP_X_API_KEY=old).status_code == 401


def test_a_replayed_regeneration_makes_no_second_key_and_shows_none(client, router):
    first = client.post(url(router, "regenerate/"), HTTP_IDEMPOTENCY_KEY="once")
    second = client.post(url(router, "regenerate/"), HTTP_IDEMPOTENCY_KEY="once")

    assert second.json() == {**first.json(), "api_key": None}
    assert router.keys.count() == 1


def test_the_list_shows_the_history_and_no_key(client, router):
    old = keys.issue(router)
    new = keys.regenerate(router)

    answer = client.get(url(router))

    assert [row["key_id"] for row in answer.json()] == [new.row.key_id, old.row.key_id]
    assert new.token not in answer.content.decode()


def test_the_status_tells_of_the_usable_key(client, router):
    keys.issue(router)

    body = client.get(url(router, "status/")).json()

    assert (body["has_active_key"], body["expires_in_days"], body["expires_soon"]) == (
        True,
        364,
        False,
    )


def test_a_router_without_a_key_says_so(client, router):
    body = client.get(url(router, "status/")).json()

    assert body == {
        "has_active_key": False,
        "api_key_info": None,
        "expires_in_days": None,
        "expires_soon": False,
    }


def test_a_key_is_revoked_once(client, router):
    key = keys.issue(router).row

    first = client.post(url(router, f"{key.key_id}/revoke/"))
    second = client.post(url(router, f"{key.key_id}/revoke/"))

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "router_key_revoked")


def test_another_routers_key_is_not_found(client, operator, router):
    other = keys.issue(RouterFactory(owner=operator)).row

    assert client.post(url(router, f"{other.key_id}/revoke/")).status_code == 404


def test_a_strangers_router_is_not_found(client):
    router = RouterFactory()

    assert client.get(url(router)).status_code == 404
    assert client.post(url(router, "regenerate/")).status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_members_who_do_not_own_see_keys_and_make_none(client_of, router, stranger, role):
    MembershipFactory(company=router.company, user=stranger, role=role)
    member = client_of(stranger)

    assert member.get(url(router)).status_code == 200
    assert member.post(url(router, "regenerate/")).status_code == 403
    assert router.keys.count() == 0


def test_an_inactive_router_gets_no_key(client, router):
    router.is_active = False
    router.save()

    answer = client.post(url(router, "regenerate/"))

    assert (answer.status_code, answer.json()["code"]) == (403, "router_inactive")
