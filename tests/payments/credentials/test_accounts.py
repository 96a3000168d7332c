"""Adding, showing, changing and deleting credentials."""

import pytest
from cryptography.fernet import Fernet

from cloudpilot.models import AuditEvent
from cloudpilot.tenancy import Role
from payments.credentials import services
from payments.models import Credentials, CredentialsVersion
from payments.providers import account_of
from payments.states import State
from tests.factories import (
    CredentialsFactory,
    MembershipFactory,
    PackageFactory,
    PaymentFactory,
    RouterFactory,
    pair_of,
)

ALL = "/payments/credentials/"


def changed_by(client, path, **changes):
    response = client.patch(path, changes)
    assert response.status_code == 200, response.content
    return response.json()


def test_new_credentials_are_shown_without_their_secrets(client, body, operator, settings):
    settings.PUBLIC_URL = "https://cloud.example.com"

    response = client.post(ALL, {**body, "label": "Bar"})

    shown = response.json()
    assert response.status_code == 201
    assert shown["company"] == operator.personal_company.public_id
    assert (shown["provider"], shown["provider_display"]) == ("kopokopo", "KopoKopo")
    assert (shown["environment"], shown["is_sandbox"], shown["is_live"]) == ("sandbox", True, False)
    assert (shown["label"], shown["is_active"], shown["verified_at"]) == ("Bar", True, None)
    assert shown["last4"] == body["private_key"][-4:]
    assert shown["extra"] == {"till_number": body["extra"]["till_number"], "webhook_key": None}
    token = Credentials.objects.get().webhook_token
    assert shown["webhook_url"] == (
        f"https://cloud.example.com/payments/webhooks/kopokopo/{token}/"
    )


def test_no_answer_has_a_secret(client, body, created, path):
    answers = [
        client.post(ALL, body),
        client.get(ALL),
        client.get(path),
        client.patch(path, {"label": "Bar"}),
        client.post(f"{path}toggle/"),
        client.post(f"{path}verify/", {"private_key": body["private_key"]}),
        client.post(f"{path}update-private-key/", {"private_key": body["private_key"]}),
        client.get(f"{ALL}provider/kopokopo/"),
    ]

    for answer in answers:
        assert answer.status_code in {200, 201}
        for secret in (body["private_key"], body["extra"]["webhook_key"]):
            assert secret not in answer.content.decode()


def test_the_webhook_address_is_found_by_a_digest_of_128_bits_and_more(created):
    row = Credentials.objects.get(pk=created["id"])

    assert len(row.webhook_token) >= 22
    assert row.webhook_index == services.webhook_index(row.webhook_token)


@pytest.mark.parametrize(
    ("named", "slug", "display"),
    [
        ("kopokopo", "kopokopo", "KopoKopo"),
        ("instasend", "intasend", "InstaSend"),
        ("intasend", "intasend", "IntaSend"),
        ("mpesa", "daraja", "M-Pesa (Daraja)"),
        ("daraja", "daraja", "M-Pesa (Daraja)"),
        ("mercadopago", "mercadopago", "Mercado Pago"),
        ("conekta", "conekta", "Conekta"),
    ],
)
def test_a_provider_is_called_back_what_the_caller_called_it(
    client, providers, named, slug, display
):
    body = providers.open_account(slug) | {"provider": named}

    shown = client.post(ALL, body).json()

    assert (shown["provider"], shown["provider_display"]) == (named, display)
    assert Credentials.objects.get().provider == slug


def test_a_list_is_the_newest_first_and_without_the_deleted(client, body, path, created):
    second = client.post(ALL, body).json()
    third = client.post(ALL, body).json()
    client.delete(f"{ALL}{second['id']}/")

    assert [row["id"] for row in client.get(ALL).json()] == [third["id"], created["id"]]


@pytest.mark.parametrize("given", ["pair", "token"])
def test_a_plain_script_goes_through_all_of_it(anonymous, client, operator, body, given):
    script, headers = (anonymous, pair_of(operator)) if given == "pair" else (client, {})

    made = script.post(ALL, body, **headers)
    one = f"{ALL}{made.json()['id']}/"
    steps = [
        made,
        script.get(ALL, **headers),
        script.get(one, **headers),
        script.put(one, {"environment": "live"}, **headers),
        script.post(f"{one}update-private-key/", {"private_key": "a-new-secret"}, **headers),
        script.post(f"{one}verify/", {"private_key": "a-new-secret"}, **headers),
        script.post(f"{one}toggle/", **headers),
        script.post(f"{one}toggle-status/", **headers),
        script.get(f"{ALL}provider/kopokopo/", **headers),
        script.delete(one, **headers),
    ]

    assert [step.status_code for step in steps] == [201] + [200] * 9
    assert steps[-1].json() == {
        "message": "Payment credentials for KopoKopo have been successfully deleted"
    }


# --- What is refused ------------------------------------------------------------------------

INTASEND = {
    "provider": "intasend",
    "api_key": "ISPubKey_test_0123456789",
    "private_key": "ISSecretKey_test_0123456789",
    "extra": {"challenge": "a-challenge"},
}
KOPOKOPO = {
    "provider": "kopokopo",
    "api_key": "the-client-id",
    "private_key": "the-client-secret",
    "extra": {"till_number": "K123456"},
}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**KOPOKOPO, "provider": "paypal"}, "provider"),
        ({**KOPOKOPO, "provider": None}, "provider"),
        ({**KOPOKOPO, "environment": "production"}, "environment"),
        ({**KOPOKOPO, "api_key": "short"}, "api_key"),
        ({**KOPOKOPO, "api_key": "x" * 256}, "api_key"),
        ({**KOPOKOPO, "api_key": "with a space in it"}, "api_key"),
        ({**KOPOKOPO, "private_key": "short"}, "private_key"),
        ({**KOPOKOPO, "private_key": 7}, "private_key"),
        ({**KOPOKOPO, "private_key": "café-au-lait"}, "private_key"),
        ({**KOPOKOPO, "extra": {}}, "extra.till_number"),
        ({**KOPOKOPO, "extra": {"till_number": "123"}}, "extra.till_number"),
        ({**KOPOKOPO, "extra": {"till_number": "K123456", "till": "1"}}, "extra.till"),
        ({**KOPOKOPO, "extra": "K123456"}, "extra"),
        ({**KOPOKOPO, "webhook_url": "https://elsewhere.example"}, "webhook_url"),
        ({**KOPOKOPO, "verified_at": "2026-01-01T00:00:00Z"}, "verified_at"),
        ({**INTASEND, "environment": "live"}, "api_key"),
        ({**INTASEND, "environment": "live"}, "private_key"),
        ({**INTASEND, "extra": {}}, "extra.challenge"),
    ],
)
def test_what_cannot_be_keys_is_refused_by_the_name_of_the_field(client, db, body, field):
    response = client.post(ALL, body)

    assert response.status_code == 400
    assert field in response.json()["fields"]
    assert not Credentials.objects.exists()


def test_keys_may_be_pasted_with_the_space_around_them(client, body, path):
    client.post(ALL, {**body, "private_key": f" {body['private_key']}\n"})

    assert services.in_use(Credentials.objects.latest("pk")).private_key == body["private_key"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_whose_account_the_money_goes_to_is_for_owners_to_say(
    client_of, stranger, operator, body, path, role
):
    MembershipFactory(company=operator.personal_company, user=stranger, role=role)
    member = client_of(stranger)
    company = operator.personal_company.public_id

    answers = [
        member.post(ALL, {**body, "company": company}),
        member.patch(path, {"label": "Mine"}),
        member.put(path, {"api_key": "another-public-half"}),
        member.post(f"{path}update-private-key/", {"private_key": "another-secret"}),
        member.delete(path),
    ]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(403, "role_too_low")}
    assert member.get(path).status_code == 200


def test_an_operator_chooses_among_them_and_a_viewer_does_not(
    client_of, stranger, operator, path, body
):
    membership = MembershipFactory(company=operator.personal_company, user=stranger)
    acts = [f"{path}toggle/", f"{path}verify/"]
    sent = {"private_key": body["private_key"]}

    assert {client_of(stranger).post(act, sent).status_code for act in acts} == {403}

    membership.role = Role.OPERATOR
    membership.save()
    assert {client_of(stranger).post(act, sent).status_code for act in acts} == {200}


def test_the_same_request_again_makes_no_second_account(client, body):
    first = client.post(ALL, body, HTTP_IDEMPOTENCY_KEY="once")
    again = client.post(ALL, body, HTTP_IDEMPOTENCY_KEY="once")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Credentials.objects.count() == 1


# --- Versions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": "another-client-id"},
        {"private_key": "another-client-secret"},
        {"environment": "live"},
        {"extra": {"till_number": "K654321"}},
        {"extra": {"webhook_key": ""}},
    ],
    ids=str,
)
def test_a_change_of_the_keys_makes_a_version_that_nobody_has_verified(client, path, change):
    assert client.post(f"{path}verify/").json()["is_valid"]
    old = CredentialsVersion.objects.get()

    shown = changed_by(client, path, **change)

    new = CredentialsVersion.objects.get(replaced_at=None)
    assert (shown["verified_at"], shown["identity"]) == (None, "")
    assert (new.number, new.environment) == (2, shown["environment"])
    old.refresh_from_db()
    assert old.replaced_at is not None
    assert old.verified_at is not None


def test_what_is_put_back_as_it_was_shown_changes_nothing(client, path, body):
    shown = client.get(path).json()
    client.post(f"{path}verify/")  # meanwhile

    response = client.put(path, shown)

    assert response.status_code == 200
    assert response.json()["verified_at"]
    assert CredentialsVersion.objects.get().private_key == body["private_key"]


def test_the_same_keys_again_are_no_change(client, path, body):
    changed_by(client, path, **{name: body[name] for name in ("api_key", "private_key", "extra")})

    assert CredentialsVersion.objects.count() == 1


def test_the_rest_of_the_fields_stays_as_it_was(client, path, body):
    changed_by(client, path, extra={"till_number": "K654321", "webhook_key": None})

    account = account_of(CredentialsVersion.objects.get(replaced_at=None))
    assert account.extra == {**body["extra"], "till_number": "K654321"}
    assert account.private_key == body["private_key"]


def test_a_change_is_checked_whole(client, providers):
    made = client.post(ALL, providers.open_account("intasend")).json()

    refused = client.patch(f"{ALL}{made['id']}/", {"environment": "live"})

    assert refused.status_code == 400
    assert refused.json()["fields"].keys() == {"api_key", "private_key"}
    assert Credentials.objects.get().environment == "sandbox"


@pytest.mark.parametrize("change", [{"provider": "intasend"}, {"company": "EMP_0000000000"}])
def test_an_account_stays_where_it_was_opened(client, path, change):
    response = client.patch(path, change)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == change.keys()


def test_a_payment_under_way_goes_on_with_the_keys_it_began_with(client, router, path, body):
    payment = PaymentFactory(
        package=PackageFactory(router=router), credentials=Credentials.objects.get()
    )

    changed_by(client, path, private_key="another-client-secret")

    payment.refresh_from_db()
    assert account_of(payment.credentials_version).private_key == body["private_key"]
    assert services.in_use(payment.credentials).private_key == "another-client-secret"


def test_a_label_is_no_new_version(client, path):
    assert changed_by(client, path, label="Terrace")["label"] == "Terrace"
    assert CredentialsVersion.objects.count() == 1


# --- Deleting -------------------------------------------------------------------------------

UNDER_WAY = [{"state": state} for state in ("created", "submitting", "unknown", "pending")]


@pytest.mark.parametrize("facts", UNDER_WAY, ids=str)
def test_keys_that_a_payment_needs_are_not_deleted(client, router, path, facts):
    credentials = Credentials.objects.get()
    PaymentFactory(package=PackageFactory(router=router), credentials=credentials, **facts)

    refused = client.delete(path)

    assert (refused.status_code, refused.json()["code"]) == (409, "credentials_in_use")
    assert refused.json()["count"] == 1
    assert client.get(path).json()["is_active"]


def test_keys_that_a_refund_needs_are_not_deleted(client, router, path):
    PaymentFactory(
        package=PackageFactory(router=router),
        credentials=Credentials.objects.get(),
        state=State.REFUND_PENDING,
        received=1000,
        refund_held=1000,
    )

    assert client.delete(path).status_code == 409


def test_what_is_deleted_is_gone_for_all_but_its_payments(client, router, path, body):
    payment = PaymentFactory(
        package=PackageFactory(router=router),
        credentials=Credentials.objects.get(),
        state=State.FAILED,
    )

    assert client.delete(path).status_code == 200

    assert client.get(path).status_code == client.delete(path).status_code == 404
    assert client.post(f"{path}toggle/").status_code == 404
    assert services.active_accounts(payment.company) == []
    payment.refresh_from_db()
    assert account_of(payment.credentials_version).private_key == body["private_key"]


# --- By provider ----------------------------------------------------------------------------


def test_the_credentials_of_a_provider_are_those_in_use(client, body, created):
    client.post(ALL, {**body, "is_active": False})

    assert client.get(f"{ALL}provider/kopokopo/").json()["id"] == created["id"]


def test_with_none_in_use_they_are_the_newest(client, operator):
    CredentialsFactory(owner=operator, is_active=False)
    newest = CredentialsFactory(owner=operator, is_active=False)

    assert client.get(f"{ALL}provider/kopokopo/").json()["id"] == newest.pk


@pytest.mark.parametrize("named", ["kopokopo", "instasend", "paypal"])
def test_a_provider_without_credentials_is_not_found(client, named):
    CredentialsFactory()

    response = client.get(f"{ALL}provider/{named}/")

    assert response.status_code == 404
    assert response.json() == {
        "error": f"No credentials found for {named}",
        "code": "credentials_not_found",
    }


# --- The audit trail and lost keys ----------------------------------------------------------


def test_each_change_is_on_record_without_a_secret(client, path, body, operator):
    client.patch(path, {"private_key": "another-client-secret", "label": "Bar"})
    client.post(f"{path}toggle/")
    client.delete(path)

    events = list(AuditEvent.objects.order_by("pk"))
    assert [event.action for event in events] == [
        f"payment_credentials.{act}" for act in ("create", "update", "toggle", "delete")
    ]
    assert events[1].details["changed"] == ["label", "private_key"]
    assert {event.company for event in events} == {operator.personal_company.public_id}
    told = " ".join(str(event.details) + event.subject for event in events)
    assert "another-client-secret" not in told
    assert body["private_key"] not in told


def test_with_the_encryption_key_lost_they_are_shown_and_can_be_set_again(client, path, settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    shown = client.get(ALL).json()[0]
    refused = client.patch(path, {"private_key": "another-client-secret"})
    mended = changed_by(
        client, path, private_key="another-client-secret", extra={"till_number": "K654321"}
    )

    assert (shown["extra"], shown["webhook_url"]) == ({}, None)
    assert refused.json()["fields"].keys() == {"extra.till_number"}
    assert mended["extra"] == {"till_number": "K654321"}


def test_a_strangers_company_takes_no_keys(client, body):
    theirs = RouterFactory().company.public_id

    assert client.post(ALL, {**body, "company": theirs}).status_code == 400
