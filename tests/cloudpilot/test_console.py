"""The console at /console/: for superusers, limited like the API, and no place to read secrets."""

import pytest
from django.urls import reverse

from cloudpilot.models import AuditEvent
from routers.models import CommandLog
from tests.factories import (
    PASSWORD,
    CredentialsFactory,
    JobFactory,
    RouterFactory,
    UserFactory,
    pair_of,
)
from users import keys, tokens

pytestmark = pytest.mark.sql

NEW = "kettle-and-papaya"


@pytest.fixture
def root(db):
    return UserFactory(username="root", is_superuser=True, is_staff=True)


def log_in(client, username="root", password=PASSWORD):
    body = {"username": username, "password": password}
    return client.post("/console/login/", body, format="multipart")


def opens(client, access_token):
    answer = client.get("/users/profile/", HTTP_AUTHORIZATION=f"Bearer {access_token}")
    return answer.status_code == 200


def page(kind, row=None, act="change"):
    name = f"admin:{kind}_{'changelist' if row is None else act}"
    return reverse(name, args=[] if row is None else [row.pk])


def audit_event(user):
    return AuditEvent.objects.create(
        actor=user, actor_name=str(user), action="key.make", subject="s"
    )


def test_a_superuser_logs_in(anonymous, root):
    assert log_in(anonymous).status_code == 302
    assert anonymous.get("/console/").status_code == 200


@pytest.mark.parametrize("username", ["root", "nobody", "operator"])
def test_whoever_is_not_let_in_hears_the_same(anonymous, root, operator, username):
    wrong = PASSWORD if username == "operator" else "wrong"

    answer = log_in(anonymous, username, wrong)

    assert answer.status_code == 200
    assert "Please enter the correct username and password" in answer.content.decode()


def test_failures_are_limited_and_count_together_with_the_apis(anonymous, root, settings):
    settings.LIMITS = {**settings.LIMITS, "failed_logins_per_account": (3, 300)}
    log_in(anonymous, password="wrong")
    log_in(anonymous, password="wrong")
    anonymous.post("/users/login/", {"username": "root", "password": "wrong"})

    answer = log_in(anonymous)

    assert "Too many requests" in answer.content.decode()
    assert anonymous.get("/console/").status_code == 302
    api = anonymous.post("/users/login/", {"username": "root", "password": PASSWORD})
    assert api.status_code == 429


@pytest.mark.parametrize("path", ["/console/", "/console/users/user/", "/console/routers/router"])
def test_nobody_else_sees_a_page(anonymous, db, path):
    answer = anonymous.get(path)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/console/login/")


def test_an_access_token_is_no_way_in(client):
    assert client.get("/console/users/user/").status_code == 302


def test_every_list_and_every_row_opens(admin_client, operator):
    router = RouterFactory(owner=operator)
    pair = keys.make_pair(operator, "Till").row
    rows = {
        "users_user": operator,
        "users_company": router.company,
        "users_apikey": pair,
        "routers_router": router,
        "cloudpilot_auditevent": audit_event(operator),
        "cloudpilot_job": JobFactory(),
        "payments_credentials": CredentialsFactory(),
    }

    for kind, row in rows.items():
        assert admin_client.get(page(kind)).status_code == 200, kind
        assert admin_client.get(page(kind, row)).status_code == 200, kind
        assert admin_client.get(page(kind) + "?q=o").status_code == 200, kind


def test_a_pairs_page_shows_no_digest(admin_client, operator):
    pair = keys.make_pair(operator, "Till").row

    text = admin_client.get(page("users_apikey", pair)).content.decode()

    assert pair.public_key in text
    assert pair.private_key_digest not in text


def test_a_routers_page_shows_no_password(admin_client):
    router = RouterFactory(password="mango-of-the-router")

    text = admin_client.get(page("routers_router", router)).content.decode()

    assert "mango-of-the-router" not in text
    assert "gAAAA" not in text


def test_a_page_of_payment_credentials_shows_neither_a_key_nor_the_webhook_address(admin_client):
    row = CredentialsFactory(keys={"private_key": "a-client-secret"})

    text = admin_client.get(page("payments_credentials", row)).content.decode()

    for secret in ("a-client-secret", row.webhook_token, row.webhook_index, "gAAAA"):
        assert secret not in text


@pytest.mark.parametrize("kind", ["cloudpilot_auditevent", "users_apikey", "routers_commandlog"])
def test_what_the_product_wrote_is_read_only(admin_client, operator, kind):
    row = {
        "cloudpilot_auditevent": audit_event,
        "users_apikey": lambda user: keys.make_pair(user, "Till").row,
        "routers_commandlog": lambda user: CommandLog.objects.create(
            company=user.personal_company, user=user, user_name="o", router_name="R", command="/x"
        ),
    }[kind](operator)
    before = type(row).objects.values().get()

    assert admin_client.post(page(kind, row), {"name": "x", "action": "x"}).status_code == 403
    assert admin_client.post(page(kind, row, "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.get(reverse(f"admin:{kind}_add")).status_code == 403
    body = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    admin_client.post(page(kind), body)
    assert type(row).objects.values().get() == before


def test_disabling_a_user_ends_their_tokens_for_good(admin_client, anonymous, operator):
    pair = tokens.start_family(operator)
    form = {
        "username": "operator",
        "email": operator.email,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }

    for enabled in ({}, {"is_active": "on"}):
        assert admin_client.post(page("users_user", operator), form | enabled).status_code == 302
        assert not opens(anonymous, pair.access_token)


def test_a_password_set_in_the_console_ends_tokens_and_not_key_pairs(
    admin_client, anonymous, operator
):
    token, pair = tokens.start_family(operator).access_token, pair_of(operator)
    path = reverse("admin:auth_user_password_change", args=[operator.pk])

    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert admin_client.post(path, form).status_code == 302

    assert not opens(anonymous, token)
    assert anonymous.get("/users/profile/", **pair).status_code == 200


def test_the_password_validators_run_there_too(admin_client, operator):
    path = reverse("admin:auth_user_password_change", args=[operator.pk])

    answer = admin_client.post(path, {"password1": "1", "password2": "1"})

    assert answer.status_code == 200
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)


@pytest.mark.parametrize("debug", [False, True])
def test_a_page_that_is_not_there_is_no_debug_page(admin_client, settings, debug):
    settings.DEBUG = debug

    answer = admin_client.get("/console/no/such/page/")

    assert answer.status_code == 404
    assert "urlpatterns" not in answer.content.decode()
    assert "DJANGO_SETTINGS" not in answer.content.decode()
