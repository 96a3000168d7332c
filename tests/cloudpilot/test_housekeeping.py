"""Rows that have done their service go; the others stay."""

from datetime import timedelta

import pytest
from django.db import connection

from cloudpilot import tasks
from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker
from cloudpilot.models import IdempotentAnswer, RateCounter
from tests.factories import JobFactory, UserFactory
from users import tokens
from users.models import TokenFamily
from users.tasks import delete_expired_tokens

pytestmark = pytest.mark.sql

HOUR = timedelta(hours=1)


@pytest.fixture
def now(db):
    return clock.now()


def test_a_limits_window_goes_when_it_has_ended(now):
    RateCounter.objects.create(key="old", ends_at=now - HOUR, spent=3, held=0)
    RateCounter.objects.create(key="new", ends_at=now + HOUR, spent=3, held=0)

    assert tasks.delete_old_rows()["rate_counters"] == 1
    assert RateCounter.objects.get().key == "new"


def test_an_answer_is_kept_for_a_day(now):
    for key, age in (("old", 25), ("new", 23)):
        IdempotentAnswer.objects.create(caller="user:1", key=key, created_at=now - age * HOUR)

    assert tasks.delete_old_rows()["idempotent_answers"] == 1
    assert IdempotentAnswer.objects.get().key == "new"


def test_a_job_is_kept_for_a_week_and_one_that_failed_for_a_month(now):
    day = 24 * HOUR
    kept = [
        JobFactory(),
        JobFactory(state=Job.State.RUNNING, created_at=now - 90 * day),
        JobFactory(state=Job.State.DONE, finished_at=now - 6 * day),
        JobFactory(state=Job.State.FAILED, finished_at=now - 29 * day),
    ]
    JobFactory(state=Job.State.DONE, finished_at=now - 8 * day)
    JobFactory(state=Job.State.CANCELLED, finished_at=now - 8 * day)
    JobFactory(state=Job.State.FAILED, finished_at=now - 31 * day)

    assert tasks.delete_old_rows()["jobs"] == 3
    assert set(Job.objects.all()) == set(kept)


def test_a_worker_that_died_is_forgotten(now):
    for name, age in (("dead", 2 * HOUR), ("live", HOUR / 60)):
        Worker.objects.create(name=name, threads=1, started_at=now - age, seen_at=now - age)

    assert tasks.delete_old_rows()["workers"] == 1
    assert Worker.objects.get().name == "live"


def test_logins_go_a_day_after_their_last_token(now):
    for age in (-HOUR, 23 * HOUR, 25 * HOUR):
        user = UserFactory()
        tokens.start_family(user)
        user.token_families.update(expires_at=now - age)

    assert delete_expired_tokens() == 1
    assert TokenFamily.objects.count() == 2


def test_many_rows_go_in_batches(now, monkeypatch):
    monkeypatch.setattr(tasks, "_BATCH", 2)
    for number in range(5):
        RateCounter.objects.create(key=str(number), ends_at=now - HOUR, spent=1, held=0)

    assert tasks.delete_in_batches(RateCounter.objects.all()) == 5


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does it by itself")
@pytest.mark.django_db(transaction=True)
def test_sqlite_learns_how_its_rows_are_spread(now):
    for number in range(50):
        RateCounter.objects.create(key=str(number), ends_at=now, spent=0, held=0)

    tasks.count_rows_for_the_planner()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'cloudpilot_ratecounter'")
        assert cursor.fetchone()[0] > 0
