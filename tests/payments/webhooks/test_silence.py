"""Webhooks that do not come are noticed: payments that are found by asking tell."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.webhooks import silence

from .conftest import received


def errors(caplog):
    return [r.levelname for r in caplog.records if r.name == "cloudpilot.webhooks"]


@pytest.fixture
def paid_unheard(credentials):
    def note(times):
        for _ in range(times):
            silence.paid_unheard(credentials.pk)
        credentials.refresh_from_db()
        return credentials.unheard

    return note


def test_after_five_payments_without_a_webhook_a_person_is_told_once(paid_unheard, caplog):
    assert paid_unheard(4) == 4
    assert errors(caplog) == []

    assert paid_unheard(3) == 7
    assert errors(caplog) == ["ERROR"]


def test_a_webhook_ends_the_silence(sender, credentials, paid_unheard, caplog):
    paid_unheard(4)
    sender.send(received())
    credentials.refresh_from_db()

    assert credentials.unheard == 0
    assert credentials.webhook_at is not None
    assert paid_unheard(4) == 4
    assert errors(caplog) == []


def test_what_was_not_signed_does_not_end_it(sender, credentials, paid_unheard):
    paid_unheard(3)
    sender.send(received(), signature="0" * 64)

    assert paid_unheard(0) == 3
    assert credentials.webhook_at is None


def test_when_the_last_one_came_is_known_to_the_minute(sender, credentials):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        sender.send(received(1))
    with time_machine.travel(now + timedelta(seconds=30), tick=False):
        sender.send(received(2))
    credentials.refresh_from_db()
    first = credentials.webhook_at
    with time_machine.travel(now + timedelta(seconds=90), tick=False):
        sender.send(received(3))
    credentials.refresh_from_db()

    assert first == now
    assert (credentials.webhook_at - first).total_seconds() == 90
