"""What must hold when a bulk command is called off, or carried out, by several at once."""

from threading import Thread

import pytest
from django.db import connection

from cloudpilot import jobs
from routers.bulk import services
from routers.models import CommandResult
from routers.simulator import Simulator
from tests.conftest import Client
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.bulk.support import PATH, outcomes, post
from tests.routers.support import heard

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ADD = "/ip hotspot user add name=bob"


def results_of(response):
    rows = CommandResult.objects.select_related("batch__user", "router")
    return list(rows.filter(batch__public_id=response.json()["id"]).order_by("pk"))


def test_of_workers_that_hold_one_result_each_one_sends(client, router, device):
    response = post(client, ADD)
    taken = [results_of(response)[0] for _ in range(6)]

    at_once(lambda n: services.carry_out(taken[n], attempt=1), 6)

    assert outcomes(response) == {router.pk: "done"}
    assert [words[0] for words in heard(device)] == ["/ip/hotspot/user/add"]


def test_what_is_called_off_as_it_begins_is_either_sent_or_called_off(client, operator, device):
    RouterFactory.create_batch(6, owner=operator, port=device.port("api"))
    response = post(client, ADD)
    results = results_of(response)
    callers = [Client().as_user(operator) for _ in range(2)]

    def act(n):
        if n < 2:
            return callers[n].post(f"{PATH}{response.json()['id']}/cancel/").status_code
        return services.carry_out(results[n - 2], attempt=1)

    answers = at_once(act, 8)

    states = list(outcomes(response).values())
    assert answers[:2] == [200, 200]
    assert set(states) <= {"done", "refused", "cancelled"}
    assert len(heard(device)) == 6 - states.count("cancelled")
    batch = results[0].batch
    batch.refresh_from_db()
    assert batch.finished_at
    assert batch.sealed_command == ""


def test_silent_routers_of_one_company_hold_no_other_companys_up(
    client, client_of, operator, stranger, device, monkeypatch, asked
):
    monkeypatch.setattr(services, "SECONDS", 30.0)
    RouterFactory.create_batch(3, owner=operator, port=device.port("api"))
    with Simulator() as silent:
        silent.devices[0].faults.set(silent=True)
        port = silent.devices[0].port("api")
        RouterFactory.create_batch(5, owner=stranger, port=port)
        theirs = post(client_of(stranger))
        jobs.run_due(limit=1)  # which queues a job for each of them
        worker = Thread(target=run_one)
        worker.start()
        assert asked.wait(10)

        ours = post(client)
        jobs.run_due(limit=1 + 3)

        assert list(outcomes(ours).values()) == ["done"] * 3
        assert sorted(outcomes(theirs).values()) == ["queued"] * 4 + ["running"]
    worker.join()


def run_one():
    try:
        jobs.run_due(limit=1)
    finally:
        connection.close()
