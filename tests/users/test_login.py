"""POST /users/login/: who is let in, what everybody else hears, and how often one may try."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone

from cloudpilot.models import RateCounter
from tests.factories import PASSWORD, UserFactory
from tests.parallel import at_once
from users.models import User

pytestmark = pytest.mark.sql

INVALID = {"error": "Invalid credentials", "code": "invalid_credentials"}


def login(client, username="operator", password=PASSWORD, **headers):
    return client.post("/users/login/", {"username": username, "password": password}, **headers)


def set_limits(settings, *, account=1000, address=1000):
    settings.LIMITS = {
        "failed_logins_per_account": (account, 300),
        "failed_logins_per_address": (address, 300),
    }


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were hashed, one entry for each time it was done."""
    passwords = []
    encode = MD5PasswordHasher.encode

    def noting(self, password, salt):
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noting)
    return passwords


def test_the_answer_has_the_pages_shape(anonymous, operator):
    answer = login(anonymous)

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "refresh_token", "user_id", "username"}
    assert (body["user_id"], body["username"]) == (operator.pk, "operator")


def test_the_access_token_opens_what_needs_one(anonymous, operator):
    token = login(anonymous).json()["access_token"]

    answer = anonymous.get("/users/profile/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert answer.status_code == 200


def test_a_stale_authorization_header_is_not_read(anonymous, operator):
    assert login(anonymous, HTTP_AUTHORIZATION="Bearer stale").status_code == 200


def test_wrong_password_unknown_name_and_disabled_user_cannot_be_told_apart(
    anonymous, operator, hashed
):
    UserFactory(username="disabled", is_active=False)
    hashed.clear()

    answers = [
        login(anonymous, password="wrong"),
        login(anonymous, username="nobody"),
        login(anonymous, username="disabled"),
    ]

    assert [answer.json() for answer in answers] == [INVALID] * 3
    assert {answer.status_code for answer in answers} == {401}
    assert len({str(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert len(hashed) == 3  # each costs the same work


def test_a_good_login_hashes_once(anonymous, operator, hashed):
    login(anonymous)

    assert len(hashed) == 1


def test_a_name_is_found_in_its_normal_form(anonymous, db):
    UserFactory(username="fiona")

    assert login(anonymous, username="ﬁona").status_code == 200


def test_after_too_many_failures_on_an_account_nothing_is_checked(
    anonymous, operator, settings, hashed
):
    set_limits(settings, account=3)
    hashed.clear()

    answers = [login(anonymous, password="wrong") for _ in range(4)]
    right = login(anonymous)

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert right.status_code == 429
    assert 0 < int(right["Retry-After"]) <= 300
    assert len(hashed) == 3


def test_an_unknown_account_is_limited_like_a_known_one(anonymous, db, settings):
    set_limits(settings, account=2)

    answers = [login(anonymous, username="nobody") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_the_limit_ends_with_its_window(anonymous, operator, settings):
    set_limits(settings, account=1)
    login(anonymous, password="wrong")

    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert login(anonymous).status_code == 200


def test_an_address_is_limited_over_all_accounts(anonymous, operator, settings):
    set_limits(settings, address=2)

    for name in ("one", "two"):
        login(anonymous, username=name)

    assert login(anonymous).status_code == 429
    assert login(anonymous, REMOTE_ADDR="198.51.100.7").status_code == 200


def test_what_one_limit_refuses_does_not_count_against_the_other(anonymous, operator, settings):
    set_limits(settings, account=1, address=3)

    for _ in range(10):  # of these, one is tried
        login(anonymous, username="locked", password="wrong")

    assert login(anonymous).status_code == 200


def test_successes_count_for_nothing(anonymous, operator, settings):
    set_limits(settings, account=1, address=1)

    answers = [login(anonymous) for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200}
    assert {(row.spent, row.held) for row in RateCounter.objects.all()} == {(0, 0)}


def test_a_crash_gives_no_free_tries(anonymous, operator, settings, monkeypatch):
    set_limits(settings, account=1)
    anonymous.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("users.services.authenticate", lambda *args, **kwargs: 1 / 0)
        assert login(anonymous).status_code == 500

    assert login(anonymous).status_code == 429


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_tries_exactly_the_limit_is_evaluated(anonymous, settings, hashed):
    UserFactory(username="operator")
    set_limits(settings, account=5)
    hashed.clear()

    answers = at_once(lambda _: login(type(anonymous)(), password="wrong"), 16)

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (5, 11)
    assert len(hashed) == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_good_logins_all_succeed(anonymous, settings):
    UserFactory(username="operator")
    set_limits(settings, account=3, address=3)

    answers = at_once(lambda _: login(type(anonymous)()), 12)

    assert [answer.status_code for answer in answers] == [200] * 12


def test_the_hash_is_argon2_and_slim(settings):
    settings.PASSWORD_HASHERS = ["users.hashers.SlimArgon2PasswordHasher"]
    user = User()

    user.set_password(PASSWORD)

    assert user.password.startswith("argon2$argon2id$v=19$m=7168,t=5,p=1$")
    assert user.check_password(PASSWORD)
