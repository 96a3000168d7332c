"""GET /health/: quick, public, and silent about why."""

import pytest
from django.db import InterfaceError, OperationalError, connection

pytestmark = pytest.mark.sql


def test_a_process_that_can_work_says_ok(anonymous, db):
    answer = anonymous.get("/health/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_process_without_its_database_says_so_and_no_more(anonymous, monkeypatch, error):
    def broken(*args, **kwargs):
        raise error("could not connect to server at 10.1.2.3, port 5432: secret")

    monkeypatch.setattr(connection, "cursor", broken)

    answer = anonymous.get("/health/")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})


def test_it_asks_one_thing_of_the_database(anonymous, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        anonymous.get("/health/", HTTP_AUTHORIZATION="Bearer stale", HTTP_X_API_KEY="x")
