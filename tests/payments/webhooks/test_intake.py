"""Webhooks are kept before they are answered, once each, and only if the provider has sent them."""

import json
import logging
import threading
from dataclasses import replace

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from cloudpilot.jobs.models import Job
from payments.gateways import http
from payments.gateways.base import Delivery
from payments.models import WebhookEvent
from payments.webhooks import inbox, senders
from payments.webhooks.senders import ROTATION_GRACE
from tests.factories import CredentialsFactory, CredentialsVersionFactory
from tests.parallel import at_once

from .conftest import Sender, received

pytestmark = pytest.mark.sql


def kept():
    return WebhookEvent.objects.get()


def jobs():
    return Job.objects.filter(task="payments.webhooks.process")


def test_a_webhook_is_kept_as_it_came_and_answered(sender, credentials):
    body = json.dumps(received(), indent=3).encode()

    response = sender.send(body, HTTP_COOKIE="a=b", HTTP_X_API_KEY="secret")

    event = kept()
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert inbox.delivery_of(event).body == body
    assert event.credentials == credentials
    assert event.headers == {
        "content-type": "application/json",
        "x-kopokopo-signature": sender.sign(body),
    }
    assert (event.state, event.deliveries) == ("received", 1)


def test_it_is_dealt_with_later_in_one_job_for_many(sender, credentials):
    for number in range(40):
        sender.send(received(number))

    assert 1 <= jobs().count() <= 4
    assert {job.arguments["credentials"] for job in jobs()} == {credentials.pk}


def test_the_same_sent_again_is_counted_and_kept_once(sender):
    answers = [sender.send(received()).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert kept().deliveries == 3
    assert jobs().count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_same_sent_at_once_is_counted_and_kept_once(sender):
    def send(_):
        return Sender(Client(), sender.credentials).send(received()).status_code

    answers = at_once(send, 8)

    assert set(answers) == {200}
    assert kept().deliveries == 8
    assert jobs().filter(state="queued").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_none_of_many_at_once_is_lost(sender):
    def send(number):
        return Sender(Client(), sender.credentials).send(received(number)).status_code

    assert set(at_once(send, 12)) == {200}
    assert WebhookEvent.objects.count() == 12


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_kept_harms_none_that_comes_with_it(sender):
    account = senders.find("kopokopo", sender.credentials.webhook_token)
    deleted = replace(account, credentials=0)

    def receive(number):
        delivery = Delivery(headers={}, query={}, body=json.dumps(received(number)).encode())
        inbox.receive(deleted if number == 3 else account, delivery)

    answers = at_once(receive, 8)

    assert isinstance(answers.pop(3), IntegrityError)
    assert answers == [None] * 7
    assert WebhookEvent.objects.count() == 7


def test_one_that_came_to_nothing_has_another_chance_when_it_is_sent_again(sender):
    sender.send(received())
    WebhookEvent.objects.update(state="ignored", reason=inbox.NO_PAYMENT, attempts=5)
    Job.objects.all().delete()

    sender.send(received())

    assert (kept().state, kept().attempts) == ("received", 0)
    assert jobs().count() == 1


def test_one_that_is_done_stays_done(sender):
    sender.send(received())
    WebhookEvent.objects.update(state="applied")
    Job.objects.all().delete()

    sender.send(received())

    assert kept().state == "applied"
    assert not jobs().exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_in_the_database_before_it_is_answered(sender, monkeypatch):
    seen = []

    def look(*args):
        def count():
            seen.append(WebhookEvent.objects.count())
            connection.close()

        thread = threading.Thread(target=count)
        thread.start()
        thread.join()

    monkeypatch.setattr("payments.webhooks.inbox.tasks.ask_to_process", look)
    sender.send(received())

    assert seen == [1]


def test_nobody_is_called_before_it_is_answered(sender, monkeypatch):
    calls = []
    monkeypatch.setattr(http.Client, "send", lambda *args, **kwargs: calls.append(args))

    assert sender.send(received()).status_code == 200
    assert calls == []


# --- Signatures -------------------------------------------------------------------------------

SIGNATURES = {
    "none": lambda good, _: "",
    "blank": lambda good, _: " ",
    "wrong": lambda good, _: good[:-1] + ("0" if good[-1] != "0" else "1"),
    "truncated": lambda good, _: good[:-2],
    "in capitals": lambda good, _: good.upper(),
    "twice": lambda good, _: f"{good},{good}",
    "of other bytes": lambda good, sender: sender.sign(b"{}"),
    "with an empty key": lambda good, sender: Sender(None, None, "").sign(
        json.dumps(received()).encode()
    ),
    "no ASCII": lambda good, _: "é" * 64,
}


@pytest.mark.parametrize("forge", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_what_the_provider_did_not_sign_is_refused_and_nothing_is_kept(sender, forge, caplog):
    good = sender.sign(json.dumps(received()).encode())

    response = sender.send(received(), signature=forge(good, sender))

    assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
    assert not WebhookEvent.objects.exists()
    assert not Job.objects.exists()
    assert "OJM6Q1W84K" not in caplog.text


def test_the_bytes_are_signed_and_not_what_they_mean(sender):
    spaced = json.dumps(received(), indent=2).encode()
    signature = sender.sign(json.dumps(received()).encode())

    assert sender.send(spaced, signature=signature).status_code == 401
    assert sender.send('{"topic": "ñ", "id": "1"}'.encode()).status_code == 200


def test_each_bit_of_the_body_counts(sender):
    body = json.dumps(received()).encode()
    signature = sender.sign(body)

    for place in range(0, len(body), 7):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert sender.send(changed, signature=signature).status_code == 401


def test_another_companys_webhook_is_refused(sender, stranger):
    theirs = CredentialsFactory(owner=stranger, keys={"extra": {"webhook_key": "another-key"}})
    other = Sender(sender.client, theirs, "another-key")
    body = json.dumps(received()).encode()

    assert sender.send(body, signature=other.sign(body)).status_code == 401
    assert other.send(body, signature=sender.sign(body)).status_code == 401
    assert other.send(body).status_code == 200


def test_without_a_secret_nothing_can_be_checked(sender, caplog):
    sender.credentials = CredentialsFactory(keys={"private_key": "", "extra": {}})

    response = sender.send(received())

    assert (response.status_code, response.json()["code"]) == (503, "webhook_secret_missing")
    assert not WebhookEvent.objects.exists()
    assert [r.levelname for r in caplog.records if r.name == "cloudpilot.webhooks"] == ["ERROR"]


def test_while_keys_are_changed_both_are_good_and_later_the_new_one_alone(sender, credentials):
    CredentialsVersionFactory(credentials=credentials, extra='{"webhook_key": "the-new-key"}')
    new = Sender(sender.client, credentials, "the-new-key")

    assert sender.send(received(1)).status_code == 200
    assert new.send(received(2)).status_code == 200
    with time_machine.travel(timezone.now() + ROTATION_GRACE * 1.01):
        assert sender.send(received(3)).status_code == 401
        assert new.send(received(4)).status_code == 200


# --- Addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/payments/webhooks/kopokopo/nobody/",
        "/payments/webhooks/intasend/{token}/",
        "/payments/webhooks/paypal/{token}/",
        "/payments/webhooks/kopokopo/{token}x/",
        "/payments/webhooks/kopokopo/",
    ],
)
def test_an_address_that_is_nobodys_is_not_found(sender, path):
    body = json.dumps(received()).encode()
    response = sender.client.post(
        path.format(token=sender.credentials.webhook_token),
        body,
        content_type="application/json",
        HTTP_X_KOPOKOPO_SIGNATURE=sender.sign(body),
    )

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert not WebhookEvent.objects.exists()


def test_an_account_that_is_switched_off_or_deleted_still_hears(sender, credentials):
    credentials.is_active, credentials.deleted_at = False, timezone.now()
    credentials.save()

    assert sender.send(received()).status_code == 200


@pytest.mark.parametrize("verb", ["get", "put", "patch", "delete"])
def test_a_webhook_is_posted(sender, verb):
    response = getattr(sender.client, verb)(sender.path)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_no_log_has_the_token(sender, caplog):
    caplog.set_level(logging.DEBUG)
    sender.send(received())
    sender.client.post(f"{sender.path}more/", b"")

    lines = json.dumps([vars(record) for record in caplog.records], default=str)
    assert "/payments/webhooks/kopokopo/" in lines
    assert sender.credentials.webhook_token not in lines


# --- Bodies -----------------------------------------------------------------------------------

UNREADABLE = {
    "nothing": b"",
    "no JSON": b"<xml/>",
    "half": b'{"topic": "x"',
    "noise": bytes(range(256)),
    "a list": b"[]",
    "another provider's": b'{"invoice_id": "BRZKGPR", "state": "COMPLETE"}',
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "numbers without end": b'{"topic": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_was_signed_and_cannot_be_read_is_kept_for_a_person(sender, body, caplog):
    answers = [sender.send(body) for _ in range(2)]

    assert {(r.status_code, r.json()["code"]) for r in answers} == {(400, "webhook_unreadable")}
    event = kept()
    assert (event.state, event.reason, event.deliveries) == ("dead", "unreadable", 2)
    assert inbox.delivery_of(event).body == body
    assert "ERROR" in [r.levelname for r in caplog.records if r.name == "cloudpilot.webhooks"]
    assert not jobs().exists()


def test_a_copy_of_the_database_names_no_guest_of_whom_a_provider_told(sender):
    sender.send(json.dumps({**received(), "guest": "Wanjiku +254712345678"}).encode())

    [[body]] = WebhookEvent.objects.values_list("body")
    assert "Wanjiku" in kept().body
    assert "Wanjiku" not in body.token


def test_an_event_of_no_interest_is_kept_and_left_alone(sender):
    response = sender.send(received(topic="customer_created"))

    assert response.status_code == 200
    assert kept().state == "ignored"
    assert not jobs().exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "\xff"])
def test_a_body_of_any_kind_is_read_as_bytes(sender, kind):
    body = json.dumps(received()).encode()
    response = sender.client.generic(
        "POST", sender.path, body, content_type=kind, HTTP_X_KOPOKOPO_SIGNATURE=sender.sign(body)
    )

    assert response.status_code == 200


def test_a_character_that_no_json_of_postgresql_holds_is_left_out_of_the_query(sender):
    body = json.dumps(received()).encode()

    answer = sender.client.post(
        f"{sender.path}?a=%00&b%00=1&c=2",
        body,
        content_type="application/json",
        HTTP_X_KOPOKOPO_SIGNATURE=sender.sign(body),
    )

    assert answer.status_code == 200
    assert kept().query == {"c": "2"}


def test_a_body_of_64_kilobytes_is_taken_and_no_more(sender):
    def padded(size):
        body = json.dumps(received()).encode()
        return body + b" " * (size - len(body))

    assert sender.send(padded(65_536)).status_code == 200
    refused = sender.send(padded(65_537))

    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert WebhookEvent.objects.count() == 1


# --- When the database is away ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_the_provider_is_told_to_come_again(sender):
    from django.db import OperationalError

    def away(execute, sql, params, many, context):
        if "INSERT INTO" in sql:
            raise OperationalError("the server closed the connection")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        response = sender.send(received())
    again = sender.send(received())

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert again.status_code == 200
    assert kept().deliveries == 1


def test_keeping_one_costs_few_queries(sender, django_assert_num_queries):
    for number in range(4):
        sender.send(received(number))

    with django_assert_num_queries(1 + 1):  # the event; whether a job waits
        sender.send(received(4))
