"""A whole story with known secrets, none of which is anywhere afterwards but where it must be."""

import itertools

import pytest
from django.apps import apps
from django.contrib import admin
from django.core import serializers
from django.urls import reverse

from cloudpilot.logs import JsonFormatter
from routers.models import CommandLog
from users.models import User

PASSWORD = "canary-password-of-amina"
NEW_PASSWORD = "canary-second-password"
ROUTER_PASSWORD = "canary-password-of-a-router"
WRONG_PASSWORD = "canary-guessed-password"
PPP_SECRET = "canary-secret-of-a-guest"


class Story:
    """What Amina did, the secrets that she used and was given, and what else she was answered."""

    def __init__(self, client):
        self.client = client
        self.secrets = [PASSWORD, NEW_PASSWORD, ROUTER_PASSWORD, WRONG_PASSWORD, PPP_SECRET]
        self.answers = []

    def post(self, path, body=None, **headers):
        return self._hear(self.client.post(path, body or {}, **headers))

    def get(self, path):
        return self._hear(self.client.get(path))

    def _hear(self, answer):
        body = answer.json()
        shown = list(_named(body, {"private_key", "access_token", "refresh_token"}))
        self.secrets += shown
        text = answer.content.decode()
        for secret in shown:  # this is where it is shown, and nowhere else
            text = text.replace(secret, "")
        self.answers.append(text)
        return body


def _named(body, names):
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, dict):
            yield from _named(value, names)
        elif name in names and value:
            yield value


@pytest.fixture
def story(anonymous, db, device, caplog):
    """Amina registers, logs in, makes keys, adds a router, sends commands, and errs now and then."""
    caplog.set_level("DEBUG")
    amina = Story(anonymous)
    account = {"username": "amina", "email": "amina@example.com", "password": PASSWORD}
    amina.post("/users/register/", account, HTTP_IDEMPOTENCY_KEY="r1")
    amina.post("/users/register/", account, HTTP_IDEMPOTENCY_KEY="r1")
    amina.post("/users/register/", account)
    amina.post("/users/login/", {"username": "amina", "password": WRONG_PASSWORD})
    login = {"username": "amina", "password": PASSWORD}
    amina.post("/users/login/", {**login, "pasword": PASSWORD})
    bearer = amina.post("/users/login/", login)["access_token"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer}")

    pair = amina.post("/users/generate-api-key/", {"name": "Till"})
    keys = {"public_key": pair["public_key"], "private_key": pair["private_key"]}
    amina.post("/users/api-key-login/", keys)
    amina.post("/users/api-key-login/", {**keys, "public_key": pair["private_key"]})
    amina.post("/users/rotate-api-keys/", HTTP_IDEMPOTENCY_KEY="k1")

    place = {"name": "Café", "host": "127.0.0.1", "port": device.port("api"), "username": "admin"}
    amina.post("/routers/", {**place, "password": ROUTER_PASSWORD, "port": "x"})
    router = amina.post("/routers/", {**place, "password": ROUTER_PASSWORD})["id"]
    amina.post(f"/routers/{router}/test-connection/")
    anonymous.patch(f"/routers/{router}/", {"password": "admin"})
    command = f"/ppp secret add name=guest password={PPP_SECRET}"
    amina.post(f"/routers/{router}/execute-command/", {"command": command})
    amina.post(f"/routers/{router}/execute-command/", {"command": "/ppp/secret/print"})
    amina.post(
        f"/routers/{router}/execute-command/",
        {"command": "/ppp/secret/add", "data": {"name": "guest", "password": PPP_SECRET}},
    )

    for path in ("/users/api-keys/", "/users/profile/", "/routers/", f"/routers/{router}/"):
        amina.get(path)
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    amina.post("/users/password/", change)
    return amina


def holds_none_of(secrets, text):
    return [secret for secret in secrets if secret in text] == []


def test_the_story_happened(story):
    assert len(story.secrets) > 12
    assert CommandLog.objects.filter(outcome=CommandLog.Outcome.DONE).count() >= 2


def test_no_answer_says_a_secret_but_the_one_that_shows_it(story):
    # Only the sender's own command comes back to the sender, as the page has it.
    answers = [text for text in story.answers if '"command":' not in text]

    assert holds_none_of(story.secrets, "\n".join(answers))


def test_no_log_line_says_a_secret(story, caplog):
    lines = [JsonFormatter().format(r) for r in caplog.get_records("setup")]

    assert len(lines) > 10
    assert holds_none_of(story.secrets, "\n".join(lines))


def test_no_row_of_any_table_holds_a_secret_in_clear(story):
    dump = serializers.serialize(
        "json", itertools.chain(*(model._default_manager.all() for model in apps.get_models()))
    )

    assert '"routers.router"' in dump
    assert holds_none_of(story.secrets, dump)


def test_no_page_of_the_console_shows_a_secret(story, admin_client):
    pages = ["/console/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        pages += [
            reverse(f"{name}_{act}", args=[row.pk])
            for row in model._default_manager.all()
            for act in ("change", "history")
        ]
    texts = {page: admin_client.get(page) for page in pages}

    assert len(pages) > 20
    assert {answer.status_code for answer in texts.values()} == {200}
    assert all(holds_none_of(story.secrets, a.content.decode()) for a in texts.values())
    digests = [
        str(key.private_key_digest) for key in User.objects.get(username="amina").api_keys.all()
    ]
    assert all(holds_none_of(digests, answer.content.decode()) for answer in texts.values())


def test_the_openapi_document_says_no_secret(story, anonymous):
    document = anonymous.get("/openapi.json").content.decode()

    assert "cp_sec_" in document  # the form of a key, and no key
    assert holds_none_of(story.secrets, document)
