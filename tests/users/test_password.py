"""POST /users/password/: a new password ends every token, by whichever way it came."""

import pytest
from django.core.management import call_command

from cloudpilot.models import AuditEvent
from tests.factories import PASSWORD, UserFactory, pair_of
from tests.parallel import at_once
from users import services, tokens

pytestmark = pytest.mark.sql

NEW = "kettle-and-papaya"


def change(client, current=PASSWORD, new=NEW):
    return client.post("/users/password/", {"current_password": current, "new_password": new})


def login(client, password):
    return client.post("/users/login/", {"username": "operator", "password": password})


def opens(client, access_token):
    answer = client.get("/users/profile/", HTTP_AUTHORIZATION=f"Bearer {access_token}")
    return answer.status_code == 200


def test_the_new_password_logs_in_and_the_old_one_does_not(client, anonymous):
    assert change(client).status_code == 200

    assert login(anonymous, NEW).status_code == 200
    assert login(anonymous, PASSWORD).status_code == 401


def test_a_change_ends_all_tokens_the_one_that_asked_included(client, anonymous, operator):
    elsewhere = tokens.start_family(operator)

    change(client)

    assert client.get("/users/profile/").status_code == 401
    assert not opens(anonymous, elsewhere.access_token)
    answer = anonymous.post("/users/token/refresh/", {"refresh_token": elsewhere.refresh_token})
    assert answer.status_code == 401


def test_key_pairs_outlive_a_change(client, anonymous, operator):
    pair = pair_of(operator)

    change(client)

    assert anonymous.get("/users/profile/", **pair).status_code == 200


def test_a_password_set_on_the_command_line_ends_tokens_too(
    anonymous, operator, monkeypatch, capsys
):
    pair = tokens.start_family(operator)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": NEW)

    call_command("changepassword", "operator")

    assert not opens(anonymous, pair.access_token)


def test_a_wrong_current_password_changes_nothing(client, anonymous):
    answer = change(client, current="wrong")

    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid credentials")
    assert login(anonymous, PASSWORD).status_code == 200
    assert client.get("/users/profile/").status_code == 200


def test_guessing_the_current_password_is_limited_like_a_login(client, settings):
    settings.LIMITS = {**settings.LIMITS, "failed_logins_per_account": (2, 300)}

    answers = [change(client, current="wrong") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]


@pytest.mark.parametrize("password", ["1", "operator", "12345678901", "password"])
def test_the_validators_run(client, password):
    answer = change(client, new=password)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"new_password"}


def test_a_key_pair_does_not_change_passwords(anonymous, operator):
    body = {"current_password": PASSWORD, "new_password": NEW}

    answer = anonymous.post("/users/password/", body, **pair_of(operator))

    assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")


def test_a_change_is_audited_without_the_password(client):
    change(client)

    event = AuditEvent.objects.get(action="password.change")
    assert NEW not in str(vars(event))


def test_a_login_that_was_checked_before_the_change_gets_tokens_that_are_dead(anonymous, operator):
    checked = type(operator).objects.get(pk=operator.pk)
    services.change_password(operator, NEW)

    pair = tokens.start_family(checked)

    assert not opens(anonymous, pair.access_token)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_no_refresh_or_login_that_races_a_change_outlives_it(client_of, anonymous):
    operator = UserFactory(username="operator")
    families = [tokens.start_family(operator) for _ in range(4)]
    changing = client_of(operator)

    def act(index):
        client = type(anonymous)()
        if index == 0:
            return change(changing)
        if index <= 4:
            token = families[index - 1].refresh_token
            return client.post("/users/token/refresh/", {"refresh_token": token})
        return login(client, PASSWORD)

    answers = at_once(act, 8)

    assert {answer.status_code for answer in answers} <= {200, 401}
    given = [a.json()["access_token"] for a in answers[1:] if a.status_code == 200]
    assert not any(opens(anonymous, token) for token in given)
