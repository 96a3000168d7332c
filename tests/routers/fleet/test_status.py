"""The status of routers, as the API shows it."""

import pytest

from routers.fleet import sweeps
from routers.models import Router, RouterStatus
from tests.factories import RouterFactory
from tests.routers.fleet.support import NOON, found
from tests.routers.support import at

pytestmark = pytest.mark.sql


def test_a_router_that_was_never_asked_has_no_status(client, router):
    assert client.get(at(router)).json()["status"] is None


def test_a_status_is_what_the_last_answer_said(client, router):
    sweeps.store([found(Router.objects.get(), NOON)])

    assert client.get(at(router)).json()["status"] == {
        "checked_at": "2026-11-21T12:00:00Z", "last_seen": "2026-11-21T12:00:00Z",
        "version": "7.16.2 (stable)", "board_name": "hEX", "uptime": "1d", "cpu_load": 7,
        "free_memory": 100, "total_memory": 200, "reason": "",
    }  # fmt: skip


def test_the_statuses_of_a_list_cost_no_query_each(
    client, operator, django_assert_num_queries, django_assert_max_num_queries
):
    def one_more():
        RouterStatus.objects.create(router=RouterFactory(owner=operator), cpu_load=1)

    one_more()
    with django_assert_max_num_queries(10) as short:
        client.get("/routers/")
    one_more()
    with django_assert_num_queries(len(short)):
        shown = client.get("/routers/").json()

    assert [router["status"]["cpu_load"] for router in shown] == [1, 1]


def test_a_status_that_comes_back_is_passed_over(client, router):
    sweeps.store([found(Router.objects.get(), NOON)])
    shown = client.get(at(router)).json()

    answer = client.put(at(router), {**shown, "name": "Bar", "status": None})

    assert (answer.status_code, answer.json()["status"]) == (200, shown["status"])


def test_nobody_sets_a_status(client):
    body = {"name": "R", "host": "10.0.0.1", "username": "a", "password": "b", "status": None}

    answer = client.post("/routers/", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["status"]


def test_a_status_goes_with_its_router(client, router):
    sweeps.store([found(Router.objects.get(), NOON)])

    assert client.delete(at(router)).status_code == 200
    assert not RouterStatus.objects.exists()
