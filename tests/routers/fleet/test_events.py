import json
import logging
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from cloudpilot.logs import JsonFormatter
from routers import events
from routers.models import RouterEvent
from tests.routers.support import at

pytestmark = pytest.mark.sql

Kind = RouterEvent.Kind


def listed(client, router, **query):
    return client.get(at(router, "events"), query)


def test_events_are_listed_newest_first(client, router):
    events.record(router, Kind.OFFLINE, reason="timeout")
    events.record(router, Kind.ONLINE)

    newest, oldest = listed(client, router).json()

    assert (newest["kind"], newest["details"]) == ("online", {})
    assert (oldest["kind"], oldest["details"]) == ("offline", {"reason": "timeout"})
    assert newest.keys() == {"id", "kind", "at", "details"}


def test_events_of_one_kind(client, router):
    events.record(router, Kind.OFFLINE)
    events.record(router, Kind.ONLINE)

    assert [event["kind"] for event in listed(client, router, kind="offline").json()] == ["offline"]


@pytest.mark.parametrize("kind", ["", "lost", "\0"])
def test_a_kind_that_is_none_is_refused(client, router, kind):
    answer = listed(client, router, kind=kind)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["kind"]


def test_pages_of_events_lead_on(client, router):
    for _ in range(3):
        events.record(router, Kind.REBOOTED)

    answer = listed(client, router, limit=2, kind="rebooted")

    assert len(answer.json()) == 2
    assert "kind=rebooted" in answer["Link"]


@pytest.mark.django_db(transaction=True)
def test_an_event_is_one_line_of_the_log_once_it_is_committed(router, caplog):
    with caplog.at_level(logging.INFO, "cloudpilot.routers"), transaction.atomic():
        events.record(router, Kind.OFFLINE, reason="timeout")
        assert not caplog.records

    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert (line["event"], line["router"], line["company"]) == (
        "offline", router.pk, router.company_id,
    )  # fmt: skip
    assert line["details"] == {"reason": "timeout"}


def test_old_events_are_forgotten(router):
    events.record(router, Kind.OFFLINE)
    events.record(router, Kind.ONLINE)
    RouterEvent.objects.filter(kind="offline").update(at=timezone.now() - timedelta(days=401))

    events.forget_before(timezone.now() - timedelta(days=400))

    assert RouterEvent.objects.get().kind == "online"


def test_a_deleted_router_takes_its_events_with_it(client, router):
    events.record(router, Kind.OFFLINE)

    assert client.delete(at(router)).status_code == 200
    assert not RouterEvent.objects.exists()
