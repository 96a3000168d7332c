"""What becomes of a bulk command on each of its routers."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from routers import connections
from routers.bulk import services, tasks
from routers.models import CommandBatch, CommandLog, CommandResult, Router
from routers.simulator import Simulator
from tests.factories import RouterFactory
from tests.routers.bulk.support import batch_of, outcomes, post, work
from tests.routers.routeros.servers import Server
from tests.routers.routeros.test_rest import http, serving
from tests.routers.support import heard, router_at

State = CommandResult.State
ADD = "/ip hotspot user add name=bob password=tell-nobody"


@pytest.fixture
def quick(monkeypatch):
    """Routers that are away are waited for as long as a test can bear."""
    monkeypatch.setattr(services, "SECONDS", 0.4)


@pytest.fixture
def warm(client, router):
    """A connection to the router that is open already, so that what fails next was sent."""
    post(client)
    work()
    return router


def users_named_bob(device):
    return [row["name"] for row in device.rows("/ip/hotspot/user")].count("bob")


def only_result(response):
    return CommandResult.objects.get(batch__public_id=response.json()["id"])


def test_every_router_is_asked_and_answers_for_itself(client, operator):
    with Simulator(count=3) as simulator:
        routers = [
            RouterFactory(owner=operator, port=device.port("api")) for device in simulator.devices
        ]
        response = post(client)
        work()
        connections.close()

    assert outcomes(response) == {router.pk: "done" for router in routers}
    shown = client.get(f"/routers/commands/{response.json()['id']}/results/").json()
    assert [row["router_id"] for row in shown] == [router.pk for router in reversed(routers)]
    assert all(row["result"][0]["address"] == "192.168.88.1/24" for row in shown)


def test_what_the_router_refuses_is_told_in_its_words(client, router):
    response = post(client, "/ip address remove *77")
    work()

    result = only_result(response)
    assert (result.state, result.error) == ("refused", "no such item (4)")


def test_a_command_runs_once_on_each_router_however_often_its_job_runs(client, router, device):
    response = post(client, ADD)
    work()
    Job.objects.update(state=Job.State.QUEUED)
    work()

    assert outcomes(response) == {router.pk: "done"}
    assert users_named_bob(device) == 1


def test_every_execution_is_on_record(client, router, operator):
    post(client, ADD)
    work()

    entry = CommandLog.objects.get()
    assert (entry.outcome, entry.user, entry.router) == ("done", operator, router)
    assert entry.arguments == {"name": "bob", "password": "********", "?": []}


def test_no_secret_is_readable_in_what_is_stored_or_shown(client, router, device):
    device.add("/ppp/secret", {"name": "eve", "password": "tell-nobody"})
    added, printed = post(client, ADD), post(client, "/ppp/secret/print")
    stored = str([*CommandBatch.objects.values(), *Job.objects.values()])
    work()

    shown = client.get(f"/routers/commands/{printed.json()['id']}/results/").content.decode()
    rows = str([*CommandResult.objects.values(), *CommandLog.objects.values()])
    assert "********" in shown
    assert "tell-nobody" not in stored + shown + rows + added.content.decode()
    assert {batch.sealed_command for batch in CommandBatch.objects.all()} == {""}


# --- Routers that are away ------------------------------------------------------------------


def test_a_router_that_is_away_is_tried_again_until_it_is_back(client, router, device):
    device.switch_off()
    response = post(client, ADD)
    work(rounds=2)
    assert only_result(response).state == "queued"
    assert only_result(response).error
    device.switch_on()
    work()

    assert only_result(response).state == "done"
    assert only_result(response).error == ""
    assert users_named_bob(device) == 1


def test_a_router_that_stays_away_has_failed_in_the_end(client, operator, unused_port):
    router = RouterFactory(owner=operator, port=unused_port)

    response = post(client, ADD)
    work()

    result = only_result(response)
    assert (result.state, result.router) == ("failed", router)
    assert "cannot be reached" in result.error or "failed a moment ago" in result.error
    assert batch_of(response).state == "done"


def test_the_last_try_comes_within_about_two_minutes():
    waits = tasks.send_command.backoff
    longest = [min(waits.cap, waits.first * waits.factor**n) for n in range(services.ATTEMPTS - 1)]

    assert sum(longest) <= 120


def test_a_write_whose_answer_was_lost_may_have_been_carried_out(client, warm, quick, device):
    device.faults.set(stall=True)

    response = post(client, ADD)
    work()

    result = only_result(response)
    assert result.state == "unknown"
    assert result.error.endswith("The command was sent, and may have been carried out.")
    assert users_named_bob(device) == 1


def test_a_reading_command_whose_answer_was_lost_is_sent_again(client, warm, device, monkeypatch):
    device.faults.set(stall=True)
    response = post(client)
    with monkeypatch.context() as impatient:
        impatient.setattr(services, "SECONDS", 0.4)
        work(rounds=1)
    device.faults.clear()
    connections.close()
    work()

    assert outcomes(response) == {warm.pk: "done"}


# --- Crashes --------------------------------------------------------------------------------


def cut_short(response):
    """Leave the batch as a worker does that dies once it has begun."""
    CommandResult.objects.filter(batch=batch_of(response)).update(state=State.RUNNING)
    jobs.enqueue(tasks.send_command, {"result": only_result(response).pk})


def test_a_write_that_was_cut_short_is_not_sent_again(client, router, device):
    response = post(client, ADD)
    cut_short(response)
    work()

    assert only_result(response).state == "unknown"
    assert heard(device) == []
    assert batch_of(response).finished_at


def test_a_reading_command_that_was_cut_short_is_sent_again(client, router):
    response = post(client)
    cut_short(response)
    work()

    assert only_result(response).state == "done"


def test_a_print_that_writes_a_file_is_no_reading_command(client, router, device):
    response = post(client, "/ip address print file=x", confirm=True)
    cut_short(response)
    work()

    assert only_result(response).state == "unknown"
    assert heard(device) == []


def test_a_command_that_breaks_its_worker_each_time_is_given_up(client, router):
    response = post(client)
    cut_short(response)
    Job.objects.update(attempts=services.ATTEMPTS)
    work()

    assert only_result(response).state == "failed"
    assert batch_of(response).finished_at


def test_an_answer_that_comes_after_all_is_better_than_not_to_know(client, router):
    response = post(client)
    CommandResult.objects.update(state=State.RUNNING)
    result = only_result(response)
    CommandResult.objects.update(state=State.UNKNOWN)  # as another worker took it for lost

    services.carry_out(result, attempt=1)

    assert only_result(response).state == "done"


def test_queueing_that_was_cut_short_goes_on(client, operator, monkeypatch):
    monkeypatch.setattr(tasks, "_AT_ONCE", 2)
    RouterFactory.create_batch(5, owner=operator)
    batch = batch_of(post(client))
    first = CommandResult.objects.filter(batch=batch).order_by("pk")[:2]
    jobs.enqueue_many(tasks.send_command, [tasks._order(result) for result in first])

    jobs.run_due(limit=1)

    sends = Job.objects.filter(task=tasks.send_command.name)
    assert sends.count() == 5


# --- What may happen meanwhile --------------------------------------------------------------


def test_a_router_that_was_deleted_meanwhile_has_failed(client, router, operator):
    response = post(client)
    Router.objects.all().delete()
    work()

    result = only_result(response)
    assert (result.state, result.error) == ("failed", "The router has been deleted.")
    assert result.router_name == str(router)


def test_a_user_who_was_deleted_meanwhile_is_still_named(client, router, operator):
    response = post(client)
    batch = batch_of(response)
    CommandBatch.objects.update(user=None)
    work()

    assert CommandLog.objects.get().user_name == batch.user_name == operator.username
    assert outcomes(response) == {router.pk: "done"}


def test_a_password_that_cannot_be_read_fails_at_once(client, router):
    response = post(client)
    Router.objects.update(public_id="RTR_MOVED000")
    work()

    result = only_result(response)
    assert (result.state, result.error[:15]) == ("failed", "A stored secret")


def test_a_command_that_cannot_be_read_fails_at_once(client, router):
    post(client)
    CommandBatch.objects.update(public_id="CMD_0000000000000000")
    work()

    assert CommandResult.objects.get().state == "failed"


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", r"\u202e"])
def test_whatever_a_hostile_router_says_can_be_stored_and_shown(client, operator, text):
    answer = (rf'[{{".id": "*1", "{text}": "{text}"}}]').encode()
    with Server(serving(http(answer, "200 OK"))) as server:
        RouterFactory(owner=operator, port=server.port, chosen_transport="rest")
        response = post(client)
        work()
        connections.close()

    assert only_result(response).state == "done"
    assert client.get(f"/routers/commands/{response.json()['id']}/results/").status_code == 200


def test_an_answer_too_long_to_be_kept_is_left_out(client, router, monkeypatch):
    monkeypatch.setattr(services, "LONGEST_RESULT", 20)
    response = post(client)
    work()

    result = only_result(response)
    assert (result.state, result.result) == ("done", None)
    assert "too long" in result.error


@pytest.mark.parametrize("transport", ["api", "rest-ssl"])
def test_any_transport_will_do(client, operator, device, transport):
    router = router_at(device, transport, owner=operator)
    response = post(client)
    work()

    assert outcomes(response) == {router.pk: "done"}


# --- The end --------------------------------------------------------------------------------


def test_what_could_not_be_sent_within_a_day_is_not_sent_later(client, router, device):
    response = post(client, ADD)

    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        services.close_overdue(timezone.now())
    work()

    result = only_result(response)
    assert (result.state, heard(device)) == ("failed", [])
    assert batch_of(response).sealed_command == ""


def test_a_worker_that_was_away_for_days_sends_nothing_that_is_old(client, router, device):
    response = post(client, ADD)
    CommandBatch.objects.update(created_at=timezone.now() - timedelta(days=3))
    work()

    result = only_result(response)
    assert (result.state, result.error) == (
        "failed", "The command could not be sent within a day.",
    )  # fmt: skip
    assert heard(device) == []


def test_what_was_being_sent_a_day_ago_may_have_been_carried_out(client, router):
    response = post(client, ADD)
    CommandResult.objects.update(state=State.RUNNING)

    services.close_overdue(timezone.now() + timedelta(days=2))

    assert only_result(response).state == "unknown"


def test_batches_are_forgotten_after_ninety_days(client, router):
    post(client)
    work()

    services.forget_old(timezone.now() + timedelta(days=89))
    assert CommandBatch.objects.exists()
    services.forget_old(timezone.now() + timedelta(days=91))
    assert not CommandBatch.objects.exists()
    assert not CommandResult.objects.exists()
