"""Whether keys are good: by comparison, as the original does it, or by asking the provider."""

import pytest
from cryptography.fernet import Fernet

from payments import asking
from payments.models import CredentialsVersion
from payments.providers import SLUGS

ALL = "/payments/credentials/"


def opened_at(providers, client, slug):
    return client.post(ALL, providers.open_account(slug)).json()


# --- With a private key ---------------------------------------------------------------------


def test_the_right_key_is_valid(client, created, path, body):
    response = client.post(f"{path}verify/", {"private_key": body["private_key"]})

    assert response.status_code == 200
    assert response.json() == {
        "credentials_id": created["id"],
        "provider": "kopokopo",
        "provider_display": "KopoKopo",
        "is_valid": True,
        "message": "Credentials verified successfully",
    }


@pytest.mark.parametrize("key", ["another-key", "x", "Ünïcode"])
def test_a_wrong_key_is_an_answer_and_no_error(client, path, key):
    response = client.post(f"{path}verify/", {"private_key": key})

    assert response.status_code == 200
    assert response.json()["is_valid"] is False
    assert response.json()["message"] == "Invalid private key"


def test_a_comparison_asks_nobody_and_verifies_nothing(client, path, body, settings):
    settings.PROVIDER_BASE_URLS = {}

    client.post(f"{path}verify/", {"private_key": body["private_key"]})

    assert CredentialsVersion.objects.get().verified_at is None


@pytest.mark.parametrize("key", ["", " ", None])
def test_an_empty_key_is_refused_in_the_originals_words(client, path, key):
    response = client.post(f"{path}verify/", {"private_key": key})

    assert response.status_code == 400
    assert response.json()["error"] == "Private key is required for verification"
    assert response.json()["fields"].keys() == {"private_key"}


# --- Without one ----------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_the_provider_says_whose_the_keys_are_and_that_is_kept(client, providers, slug):
    made = opened_at(providers, client, slug)

    answer = client.post(f"{ALL}{made['id']}/verify/").json()

    shown = client.get(f"{ALL}{made['id']}/").json()
    assert (answer["is_valid"], answer["message"]) == (True, "Credentials verified successfully")
    assert answer["verified_at"] == shown["verified_at"] is not None
    assert answer["identity"] == shown["identity"] != ""


@pytest.mark.parametrize("slug", SLUGS)
def test_keys_that_the_provider_does_not_know_are_not_valid(client, providers, slug):
    made = opened_at(providers, client, slug)
    path = f"{ALL}{made['id']}/"
    client.post(f"{path}verify/")
    providers.reset()  # and so it knows them no longer

    answer = client.post(f"{path}verify/").json()

    assert (answer["is_valid"], answer["reason"]) == (False, "keys_refused")
    assert answer["message"] == f"{made['provider_display']} does not accept these keys"
    assert client.get(path).json()["verified_at"] is None


@pytest.mark.parametrize("fault", [{"drop_request": True}, {"status": 503}, {"body": "<html>"}])
def test_a_provider_that_is_away_is_503_and_changes_nothing(client, providers, path, fault):
    client.post(f"{path}verify/")
    before = client.get(path).json()
    providers.faults.add("kopokopo", "token", **fault)

    response = client.post(f"{path}verify/")

    assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
    assert response.json()["reason"]
    assert client.get(path).json() == before


def test_an_answer_counts_for_the_keys_that_were_asked_with(client, path):
    asked_with = CredentialsVersion.objects.get()
    client.patch(path, {"private_key": "another-client-secret"})  # meanwhile

    asking.identify(asked_with)

    first, second = CredentialsVersion.objects.order_by("number")
    assert (first.verified_at is None, second.verified_at is None) == (False, True)
    assert client.get(path).json()["verified_at"] is None


def test_keys_that_cannot_be_read_are_not_valid(client, path, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    answer = client.post(f"{path}verify/").json()

    assert (answer["is_valid"], answer["reason"]) == (False, "keys_unreadable")


def test_how_often_is_limited_for_a_company(client, path, settings):
    settings.LIMITS = settings.LIMITS | {"credential_checks_per_company": (1, 60)}

    codes = [
        client.post(f"{path}verify/", {"private_key": "a-guess"}).status_code for _ in range(2)
    ]

    assert codes == [200, 429]


# --- A new private key ----------------------------------------------------------------------


def test_a_new_private_key_is_taken(client, created, path):
    response = client.post(f"{path}update-private-key/", {"private_key": "another-client-secret"})

    answer = response.json()
    assert response.status_code == 200
    assert answer["message"] == "Private key updated successfully"
    assert answer["credentials"]["id"] == created["id"]
    assert answer["credentials"]["last4"] == "cret"
    assert answer["credentials"]["fingerprint"] != created["fingerprint"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Private key is required"),
        ({"private_key": ""}, "Private key is required"),
        ({"private_key": None}, "Private key is required"),
        ({"private_key": "123456789"}, "Private key must be at least 10 characters long"),
    ],
    ids=str,
)
def test_a_private_key_that_is_none_is_refused_in_the_originals_words(client, path, sent, sentence):
    response = client.post(f"{path}update-private-key/", sent)

    assert response.status_code == 400
    assert response.json() == {
        "error": sentence,
        "code": "invalid",
        "fields": {"private_key": [sentence]},
    }


@pytest.mark.parametrize("key", [7, ["x"], "x" * 256, "with a space in it"])
def test_a_private_key_of_no_form_is_refused_by_name(client, path, key):
    response = client.post(f"{path}update-private-key/", {"private_key": key})

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {"private_key"}


def test_the_same_key_has_the_same_fingerprint_wherever_it_is_kept(client, body, created):
    again = client.post(ALL, body).json()

    assert again["fingerprint"] == created["fingerprint"]
    assert len(again["fingerprint"]) == 12
