"""What must hold when people, and routers, do not wait for each other."""

from threading import Thread
from time import monotonic

import pytest
from django.db import connection

from cloudpilot.models import AuditEvent
from routers import connections, execution, services
from routers.models import CommandLog, Router
from routers.simulator import Simulator
from tests.conftest import Client
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.support import at, router_at, run

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


# Long enough that a busy machine's own delays are small beside it.
SILENCE = 3.0


@pytest.fixture
def clients(operator):
    return [Client().as_user(operator) for _ in range(8)]


@pytest.fixture
def in_background():
    """Have something done by another thread while the test goes on; wait for it at the end."""
    threads = []

    def start(act, *args):
        def run():
            try:
                act(*args)
            finally:
                connection.close()

        thread = Thread(target=run)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join()


def test_of_parallel_deletions_one_finds_the_router(operator, clients):
    router = RouterFactory(owner=operator)

    answers = at_once(lambda n: clients[n].delete(at(router)).status_code, 8)

    assert sorted(answers) == [200] + [404] * 7
    assert AuditEvent.objects.filter(action="router.delete").count() == 1


def test_changes_that_race_a_deletion_find_the_router_or_do_not(operator, clients):
    router = RouterFactory(owner=operator)

    def act(n):
        client = clients[n]
        if n == 0:
            return client.delete(at(router)).status_code
        return client.patch(at(router), {"location": f"Roof {n}"}).status_code

    answers = at_once(act, 8)

    assert answers[0] == 200
    assert set(answers[1:]) <= {200, 404}
    assert not Router.objects.exists()


def test_commands_that_race_a_deletion_are_recorded_or_not_found(operator, device, clients):
    router = RouterFactory(owner=operator, port=device.port("api"))

    def act(n):
        client = clients[n]
        if n == 0:
            return client.delete(at(router)).status_code
        return run(client, router, "/ip/address/print").status_code

    answers = at_once(act, 8)

    assert answers[0] == 200
    assert set(answers[1:]) <= {200, 404}
    assert CommandLog.objects.filter(router=None).count() == answers.count(200) - 1


def test_a_router_that_is_deleted_before_its_command_is_recorded_is_not_found(
    client, router, device, monkeypatch
):
    demand_role = execution.demand_role

    def delete_meanwhile(*args):
        demand_role(*args)
        Router.objects.all().delete()

    monkeypatch.setattr(execution, "demand_role", delete_meanwhile)

    assert run(client, router, "/ip/address/print").status_code == 404
    assert not device.sentences


def test_parallel_changes_of_different_fields_all_stay(operator, clients):
    router = RouterFactory(owner=operator)
    changes = [{"name": "Bar"}, {"location": "Roof"}, {"username": "bob"}, {"port": 443}]

    at_once(lambda n: clients[n].put(at(router), changes[n]).status_code, 4)

    stored = Router.objects.get()
    assert (stored.name, stored.location, stored.username, stored.port) == (
        "Bar", "Roof", "bob", 443,
    )  # fmt: skip


def test_of_two_first_contacts_at_once_one_certificate_is_kept(operator, device):
    router = router_at(device, "api-ssl", owner=operator)
    rows = [Router.objects.get(pk=router.pk) for _ in range(4)]

    found = at_once(lambda n: services.check_connection(rows[n]), 4)

    assert all(each.is_online for each in found)
    assert Router.objects.get().tls_fingerprint == device.fingerprint


# --- Routers that say nothing ---------------------------------------------------------------


@pytest.fixture
def silent(operator, device):
    """A router that takes connections and says nothing."""
    device.faults.set(silent=True)
    return RouterFactory(owner=operator, port=device.port("api"))


def test_a_silent_router_keeps_nobody_else_waiting(
    operator, clients, silent, device, asked, in_background
):
    with Simulator() as simulator:
        other = RouterFactory(owner=operator, port=simulator.devices[0].port("api"))
        waiting = in_background(run, clients[0], silent, "/ip/address/print")
        assert asked.wait(20)

        statuses = [
            run(clients[1], other, "/ip/address/print").status_code,
            clients[1].get(at(other, "device-info")).status_code,
            clients[1].get("/users/profile/").status_code,
            clients[1].patch(at(silent), {"name": "Silent one"}).status_code,
        ]
        assert waiting.is_alive()
        device.drop_connections()
        connections.close()

    assert statuses == [200] * 4


def test_two_callers_of_a_silent_router_are_both_answered_by_their_deadline(
    clients, silent, monkeypatch
):
    monkeypatch.setattr(services, "COMMAND_SECONDS", SILENCE)

    def ask(n):
        started = monotonic()
        return run(clients[n], silent, "/ip/address/print").status_code, monotonic() - started

    answers = at_once(ask, 2)

    assert [status for status, _ in answers] == [503, 503]
    assert max(seconds for _, seconds in answers) < 1.7 * SILENCE  # in turn, it would be twice


def test_two_callers_of_a_slow_router_are_both_answered(operator, clients, device):
    device.faults.set(latency=0.1)
    logins = device.logins
    router = RouterFactory(owner=operator, port=device.port("api"))

    answers = at_once(lambda n: run(clients[n], router, "/ip/address/print").status_code, 2)

    assert answers == [200, 200]
    assert device.logins == logins + 1


def test_a_silent_router_can_be_deleted_while_it_is_asked(
    clients, silent, device, asked, in_background
):
    waiting = in_background(run, clients[0], silent, "/ip/address/print")
    assert asked.wait(20)

    assert clients[1].delete(at(silent)).status_code == 200
    assert waiting.is_alive()
    device.drop_connections()
