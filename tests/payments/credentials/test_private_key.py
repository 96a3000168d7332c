"""A private key in clear: for an owner in person, with a fresh password, and on record."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from payments.credentials import services
from payments.models import Credentials, CredentialsVersion
from tests.conftest import Client
from tests.factories import PASSWORD, CredentialsFactory, MembershipFactory, pair_of
from users import keys, tokens


@pytest.fixture
def path(operator):
    row = CredentialsFactory(owner=operator, keys={"private_key": "a-client-secret"})
    return f"/payments/credentials/{row.pk}/get-private-key/"


def by_header(client, path, password=PASSWORD):
    return client.get(path, HTTP_X_PASSWORD=password)


def by_body(client, path, password=PASSWORD):
    return client.post(path, {"password": password})


@pytest.mark.parametrize("ask", [by_header, by_body])
def test_an_owner_with_their_password_sees_the_key(client, path, ask):
    response = ask(client, path)

    assert response.status_code == 200
    assert response.json() == {
        "credentials_id": Credentials.objects.get().pk,
        "provider": "kopokopo",
        "provider_display": "KopoKopo",
        "private_key": "a-client-secret",
        "message": "Private key retrieved successfully",
    }
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("ask", [by_header, by_body])
def test_each_showing_is_on_record_without_the_key(client, path, operator, ask):
    ask(client, path)

    event = AuditEvent.objects.get()
    assert event.action == "payment_credentials.show_private_key"
    assert event.actor == operator
    assert event.company == operator.personal_company.public_id
    assert "a-client-secret" not in f"{event.subject} {event.details}"


@pytest.mark.parametrize("ask", [by_header, by_body])
@pytest.mark.parametrize("password", ["", "wrong", " ", "teapot-and-mangó"])
def test_without_the_password_nobody_does(client, path, ask, password):
    response = ask(client, path, password)

    assert "a-client-secret" not in response.content.decode()
    assert response.status_code in {400, 403}
    assert response.status_code == 400 or response.json()["code"] == "fresh_password_needed"
    assert not AuditEvent.objects.exists()


def test_a_password_that_was_never_sent_is_asked_for(client, path):
    for response in (client.get(path), client.post(path, {})):
        assert (response.status_code, response.json()["code"]) == (403, "fresh_password_needed")


def test_a_password_is_not_taken_from_an_earlier_request(client, path):
    assert by_body(client, path).status_code == 200
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("ask", [by_header, by_body])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_members_who_own_nothing_do_not(client_of, operator, stranger, path, role, ask):
    MembershipFactory(company=operator.personal_company, user=stranger, role=role)

    response = ask(client_of(stranger), path)

    assert (response.status_code, response.json()["code"]) == (403, "role_too_low")


@pytest.mark.parametrize("ask", [by_header, by_body])
def test_a_script_does_not_by_key_pair_nor_by_its_token(anonymous, operator, path, ask):
    key = keys.make_pair(operator, "Script").row
    of_script = tokens.start_family(operator, key).access_token

    for sent in (pair_of(operator), {"HTTP_AUTHORIZATION": f"Bearer {of_script}"}):
        anonymous.credentials(**sent)
        response = ask(anonymous, path)
        assert (response.status_code, response.json()["code"]) == (403, "key_not_allowed")


def test_guesses_count_as_failed_logins(client, anonymous, path, operator, settings):
    settings.LIMITS = settings.LIMITS | {"failed_logins_per_account": (2, 300)}

    codes = [by_body(client, path, "a-guess").status_code for _ in range(3)]
    login = {"username": operator.username, "password": PASSWORD}

    assert codes == [403, 403, 429]
    assert anonymous.post("/users/login/", login).status_code == 429


def test_how_often_it_is_shown_is_limited(client, path, settings):
    settings.LIMITS = settings.LIMITS | {"private_keys_shown_per_user": (2, 3600)}

    answers = [by_body(client, path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"]


def test_a_password_in_a_header_may_have_letters_beyond_ascii(path, operator):
    operator.set_password("tetera-y-jabalí")
    operator.save()
    header = "tetera-y-jabalí".encode().decode("latin-1")  # as WSGI hands over the bytes

    assert by_header(Client().as_user(operator), path, header).status_code == 200


# --- At rest --------------------------------------------------------------------------------


def test_a_new_encryption_key_reaches_all_versions_and_the_deleted_too(operator, settings):
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.ENCRYPTION_KEYS = [old]
    credentials = CredentialsFactory(owner=operator, keys={"private_key": "a-client-secret"})
    services.change(
        credentials, {"private_key": "another-secret", "extra": {"till_number": "K123456"}}
    )
    services.remove(credentials)
    token = credentials.webhook_token

    settings.ENCRYPTION_KEYS = [new, old]
    call_command("rotate_secrets")
    settings.ENCRYPTION_KEYS = [new]

    first, second = CredentialsVersion.objects.order_by("number")
    assert (first.private_key, second.private_key) == ("a-client-secret", "another-secret")
    assert second.extra == '{"till_number": "K123456"}'
    assert Credentials.objects.get().webhook_token == token
