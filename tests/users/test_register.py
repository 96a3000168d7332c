"""POST /users/register/: an account, a personal company, and a key pair that is shown once."""

import pytest

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from tests.parallel import at_once
from users.models import ApiKey, Company, Profile, User

pytestmark = pytest.mark.sql

AMINA = {"username": "amina", "email": "amina@example.com", "password": "teapot-and-mango"}


def register(client, **changes):
    return client.post("/users/register/", {**AMINA, **changes})


def test_the_answer_has_the_pages_shape_and_the_private_key(anonymous, db):
    answer = register(anonymous)

    assert answer.status_code == 201
    pair = answer.json().pop("api_key")
    assert answer.json() | {"api_key": pair} == {
        "message": "User registered successfully",
        "user_id": User.objects.get().pk,
        "api_key": pair,
        "note": "API keys created automatically",
    }
    assert pair["public_key"].startswith("cp_pub_")
    assert pair["private_key"].startswith("cp_sec_")
    assert pair["message"] == "Store your private key securely — it won't be shown again."


def test_a_new_user_owns_a_personal_company_and_has_a_profile(anonymous, db):
    register(anonymous)

    amina = User.objects.get()
    membership = amina.memberships.get()
    assert membership.role == Role.OWNER
    assert membership.company == amina.personal_company
    assert Profile.objects.get().user == amina


def test_the_first_pair_works_at_once(anonymous, db):
    pair = register(anonymous).json()["api_key"]

    answer = anonymous.get(
        "/users/profile/",
        HTTP_X_API_KEY=pair["public_key"],
        HTTP_X_PRIVATE_KEY=pair["private_key"],
    )

    assert answer.status_code == 200


def test_the_private_key_is_nowhere_in_the_database(anonymous, db):
    private_key = register(anonymous).json()["api_key"]["private_key"]

    row = ApiKey.objects.values().get()
    assert private_key not in str(row)
    assert len(row["private_key_digest"]) == 64


@pytest.mark.parametrize("password", ["1", "12345678901", "password", "amina2026", "amina@example"])
def test_the_password_validators_run(anonymous, db, password):
    answer = register(anonymous, password=password)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"password"}


@pytest.mark.parametrize("email", ["", "amina", "amina@", "a@b"])
def test_an_email_address_is_needed(anonymous, db, email):
    answer = register(anonymous, email=email)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"email"}


@pytest.mark.parametrize("missing", ["username", "email", "password"])
def test_a_missing_field_is_named(anonymous, db, missing):
    body = {name: value for name, value in AMINA.items() if name != missing}

    answer = anonymous.post("/users/register/", body)

    assert answer.json() == {
        "error": f"{missing}: This field is required.",
        "code": "invalid",
        "fields": {missing: ["This field is required."]},
    }


def test_a_stale_authorization_header_is_not_read(anonymous, db):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer stale.stale.stale")

    assert register(anonymous).status_code == 201


def test_a_taken_name_is_400(anonymous, db):
    register(anonymous)

    answer = register(anonymous, email="other@example.com")

    assert answer.status_code == 400
    assert "already exists" in answer.json()["fields"]["username"][0]


def test_two_spellings_of_one_name_are_one_name(anonymous, db):
    register(anonymous, username="ﬁona")  # a ligature, which is `fi` in normal form

    assert register(anonymous, username="fiona").status_code == 400
    assert User.objects.get().username == "fiona"


def test_a_name_that_grows_beyond_its_column_in_normal_form_is_400(anonymous, db):
    answer = register(anonymous, username="\N{LATIN SMALL LIGATURE FFI}" * 60)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"username"}


@pytest.mark.parametrize("extra", ["is_staff", "is_superuser", "user_id", "company"])
def test_nobody_registers_with_more_than_the_page_says(anonymous, db, extra):
    answer = register(anonymous, **{extra: True})

    assert answer.json()["fields"] == {extra: ["There is no such field."]}
    assert not User.objects.exists()


def test_a_registration_is_audited(anonymous, db):
    register(anonymous)

    event = AuditEvent.objects.get()
    assert (event.actor_name, event.action, event.address) == (
        "amina",
        "user.register",
        "127.0.0.1",
    )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_registrations_of_one_name_exactly_one_succeeds(anonymous):
    answers = at_once(lambda _: register(type(anonymous)()), 6)

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 5
    assert Company.objects.count() == ApiKey.objects.count() == 1


def test_an_address_may_register_so_often_and_no_more(anonymous, db, settings):
    settings.LIMITS = {**settings.LIMITS, "registrations_per_address": (2, 3600)}

    answers = [register(anonymous, username=f"amina{n}") for n in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert answers[2].json()["code"] == "too_many_requests"
