"""/metrics: for this machine, or a token; and without a single id."""

import re
from datetime import timedelta

import pytest

from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker
from tests.factories import JobFactory, RouterFactory

pytestmark = pytest.mark.sql

AWAY = "203.0.113.7"
TOKEN = "mango-and-teapot-for-prometheus"


@pytest.fixture
def scraped(anonymous, db):
    """Return a function that reads a metric's value."""

    def value(name):
        lines = anonymous.get("/metrics").content.decode().splitlines()
        found = [line for line in lines if line.startswith(f"{name} ")]
        return float(found[0].split()[-1]) if found else None

    return value


def test_jobs_are_counted_by_task_and_state(scraped):
    JobFactory()
    JobFactory()
    JobFactory(state=Job.State.FAILED)

    labels = '{{state="{}",task="routers.reconcile_router"}}'
    assert scraped("cloudpilot_jobs" + labels.format("queued")) == 2
    assert scraped("cloudpilot_jobs" + labels.format("failed")) == 1


def test_the_wait_of_the_oldest_due_job_and_the_live_workers_are_shown(scraped):
    assert scraped("cloudpilot_jobs_oldest_due_seconds") == 0
    now = clock.now()
    JobFactory(due_at=now - timedelta(minutes=10))
    JobFactory(due_at=now + timedelta(minutes=10))
    for name, seen_at in (("live", now), ("dead", now - timedelta(hours=1))):
        Worker.objects.create(name=name, threads=8, started_at=seen_at, seen_at=seen_at)

    assert 600 <= scraped("cloudpilot_jobs_oldest_due_seconds") < 660
    assert scraped("cloudpilot_workers") == 1
    assert scraped("cloudpilot_worker_threads") == 8


def test_requests_are_counted_by_route_and_no_id_is_shown(anonymous, client, operator):
    router = RouterFactory(owner=operator, pk=987_654)
    client.get(f"/routers/{router.pk}/")
    client.get("/no/such/987654")
    client.generic("BREW", "/routers/")

    text = anonymous.get("/metrics").content.decode()

    assert 'route="/routers/<int:pk>/",status="200"' in text
    assert 'route="unknown",status="404"' in text
    assert 'method="other"' in text
    assert not re.search(r"\b987654\b", text)  # in the digits of a duration it may be


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": AWAY},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": AWAY},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": ""},
    ],
    ids=str,
)
def test_without_a_token_there_is_nothing_here_for_others(anonymous, db, headers):
    answer = anonymous.get("/metrics", **headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_callers_own_claim_does_not_open_it_behind_a_proxy(anonymous, db, settings):
    settings.TRUSTED_PROXIES = 1

    answer = anonymous.get("/metrics", HTTP_X_FORWARDED_FOR=f"127.0.0.1, {AWAY}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), ("Bearer wrong", 401), ("Bearer é", 401), ("", 401)],
)
def test_the_token_opens_it_from_anywhere(anonymous, db, settings, authorization, status):
    settings.METRICS_TOKEN = TOKEN

    answer = anonymous.get("/metrics", REMOTE_ADDR=AWAY, HTTP_AUTHORIZATION=authorization)

    assert answer.status_code == status
