"""POST /users/token/refresh/ and /users/logout/: families of tokens, and how they end."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken

from tests.factories import UserFactory, pair_of
from tests.parallel import at_a_lock
from users import tokens
from users.models import TokenFamily

pytestmark = pytest.mark.sql


def refresh(client, token, **headers):
    return client.post("/users/token/refresh/", {"refresh_token": token}, **headers)


def logout(client, token, **body):
    return client.post("/users/logout/", {"refresh_token": token, **body})


def opens(client, access_token):
    """Say whether the access token is let in."""
    answer = client.get("/users/profile/", HTTP_AUTHORIZATION=f"Bearer {access_token}")
    return answer.status_code == 200


def test_a_refresh_answers_a_new_pair(anonymous, operator):
    first = tokens.start_family(operator)

    answer = refresh(anonymous, first.refresh_token)

    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "refresh_token"}
    assert answer.json()["refresh_token"] != first.refresh_token
    assert opens(anonymous, answer.json()["access_token"])


def test_a_spent_token_ends_its_family_with_the_childs_access_token(anonymous, operator):
    first = tokens.start_family(operator)
    child = refresh(anonymous, first.refresh_token).json()

    replayed = refresh(anonymous, first.refresh_token)

    assert replayed.status_code == 401
    assert not opens(anonymous, child["access_token"])
    assert refresh(anonymous, child["refresh_token"]).status_code == 401


def test_another_login_survives_the_end_of_a_family(anonymous, operator):
    stolen, other = tokens.start_family(operator), tokens.start_family(operator)
    refresh(anonymous, stolen.refresh_token)

    refresh(anonymous, stolen.refresh_token)

    assert opens(anonymous, other.access_token)


def test_a_stale_access_token_beside_it_does_no_harm(anonymous, operator):
    pair = tokens.start_family(operator)

    answer = refresh(anonymous, pair.refresh_token, HTTP_AUTHORIZATION="Bearer stale")

    assert answer.status_code == 200


def test_an_access_token_is_no_refresh_token_and_the_reverse(anonymous, operator):
    pair = tokens.start_family(operator)

    assert refresh(anonymous, pair.access_token).status_code == 401
    assert not opens(anonymous, pair.refresh_token)


def test_tokens_live_as_long_as_they_should(anonymous, operator):
    pair = tokens.start_family(operator)

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert not opens(anonymous, pair.access_token)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert refresh(anonymous, pair.refresh_token).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert refresh(anonymous, pair.refresh_token).status_code == 401


def test_a_login_clears_the_users_expired_families_away(operator):
    tokens.start_family(operator)

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        tokens.start_family(operator)

    assert TokenFamily.objects.count() == 1


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é", "x" * 5000, None, 7, ["a"]])
def test_garbage_is_refused_and_nothing_breaks(anonymous, db, text):
    assert refresh(anonymous, text).status_code in {400, 401}


@pytest.mark.parametrize("family", [None, "", "7", 7, ["a"], "a" * 40])
def test_a_signed_token_of_no_family_is_401(anonymous, operator, family):
    token = RefreshToken.for_user(operator)
    token[tokens.FAMILY_CLAIM] = family

    assert refresh(anonymous, str(token)).status_code == 401
    assert logout(anonymous, str(token)).status_code in {200, 401}
    assert not opens(anonymous, str(token.access_token))


def test_a_token_of_a_deleted_user_is_401(anonymous, operator, stranger):
    pair = tokens.start_family(stranger)
    stranger.companies.all().delete()
    stranger.delete()

    assert refresh(anonymous, pair.refresh_token).status_code == 401
    assert not opens(anonymous, pair.access_token)


def test_a_disabled_users_tokens_end(anonymous, operator):
    pair = tokens.start_family(operator)
    operator.is_active = False
    operator.save()

    assert not opens(anonymous, pair.access_token)
    assert refresh(anonymous, pair.refresh_token).status_code == 401


def test_logout_ends_one_family(anonymous, operator):
    here, elsewhere = tokens.start_family(operator), tokens.start_family(operator)

    answer = logout(anonymous, here.refresh_token)

    assert answer.json() == {"message": "Logged out successfully"}
    assert not opens(anonymous, here.access_token)
    assert opens(anonymous, elsewhere.access_token)


def test_logout_with_all_ends_every_token_of_the_user_and_nobody_elses(
    anonymous, operator, stranger
):
    here, elsewhere = tokens.start_family(operator), tokens.start_family(operator)
    theirs = tokens.start_family(stranger)

    logout(anonymous, here.refresh_token, all=True)

    assert not opens(anonymous, elsewhere.access_token)
    assert opens(anonymous, theirs.access_token)


def test_a_second_logout_is_no_error(anonymous, operator):
    pair = tokens.start_family(operator)

    assert logout(anonymous, pair.refresh_token).status_code == 200
    assert logout(anonymous, pair.refresh_token).status_code == 200


def test_a_token_that_is_logged_out_cannot_end_the_others(anonymous, operator):
    dead, alive = tokens.start_family(operator), tokens.start_family(operator)
    logout(anonymous, dead.refresh_token)

    logout(anonymous, dead.refresh_token, all=True)

    assert opens(anonymous, alive.access_token)


@pytest.mark.parametrize("path", ["/users/token/refresh/", "/users/logout/"])
def test_a_key_pair_does_not_manage_tokens(anonymous, operator, path):
    token = tokens.start_family(operator).refresh_token

    answer = anonymous.post(path, {"refresh_token": token}, **pair_of(operator))

    assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_refreshes_exactly_one_is_answered(anonymous):
    first = tokens.start_family(UserFactory())

    family = TokenFamily.objects.all()
    answers = at_a_lock(family, lambda _: refresh(type(anonymous)(), first.refresh_token), 8)

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
