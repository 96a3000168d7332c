"""Bulk commands as their callers see them: who may, what is answered, how to call one off."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from cloudpilot.models import AuditEvent
from routers.models import CommandBatch, CommandLog, CommandResult
from tests.factories import MembershipFactory, RouterFactory, UserFactory
from tests.routers.bulk.support import PATH, batch_of, outcomes, post, work
from tests.routers.support import member

pytestmark = pytest.mark.sql

NONE = {"queued": 0, "running": 0, "done": 0, "refused": 0, "failed": 0, "unknown": 0,
        "cancelled": 0}  # fmt: skip


def at(response, act=""):
    return f"{PATH}{response.json()['id']}/{act}"


def test_the_answer_says_what_will_be_done(client, router, operator):
    response = post(client, "/ip dns set servers=1.1.1.1", {"name": "router"})

    answer = response.json()
    assert response.status_code == 202
    assert answer == {
        "id": answer["id"],
        "company": operator.personal_company.public_id,
        "command": "/ip/dns/set",
        "arguments": {"servers": "1.1.1.1", "?": []},
        "routers": {"name": "router"},
        "user": "operator",
        "state": "running",
        "total": 1,
        "counts": {**NONE, "queued": 1},
        "created_at": answer["created_at"],
        "cancelled_at": None,
        "finished_at": None,
    }
    assert answer["id"].startswith("CMD_")


def test_a_batch_counts_what_became_of_it(client, router, operator):
    RouterFactory(owner=operator, public_id="RTR_1")
    response = post(client)
    CommandResult.objects.filter(router=router).update(state="done")

    assert client.get(at(response)).json()["counts"] == {**NONE, "queued": 1, "done": 1}
    assert client.get(PATH).json() == [client.get(at(response)).json()]


def test_a_batch_that_is_over_says_when(client, router):
    response = post(client)
    work()

    shown = client.get(at(response)).json()
    assert (shown["state"], shown["counts"]["done"]) == ("done", 1)
    assert shown["finished_at"] >= shown["created_at"]


def test_results_can_be_asked_for_by_state(client, operator):
    routers = RouterFactory.create_batch(3, owner=operator)
    response = post(client)
    CommandResult.objects.filter(router=routers[0]).update(state="failed")

    failed = client.get(at(response, "results/?state=failed")).json()
    queued = client.get(at(response, "results/?state=queued&limit=1&count=true"))

    assert [row["router_id"] for row in failed] == [routers[0].pk]
    assert (len(queued.json()), queued["X-Total-Count"]) == (1, "2")
    assert "state=queued" in queued["Link"]


@pytest.mark.parametrize("state", ["", "lost", "%00", "done,failed"])
def test_a_state_that_there_is_not_is_refused(client, router, state):
    response = client.get(at(post(client), f"results/?state={state}"))

    assert (response.status_code, list(response.json()["fields"])) == (400, ["state"])


# --- Who may ---------------------------------------------------------------------------------

COMMANDS = {
    "viewer": ("/ip/address/print", {}),
    "operator": ("/ip dns set servers=1.1.1.1", {}),
    "owner": ("/system/reboot", {"confirm": True}),
}
ROLES = list(COMMANDS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("needed", ROLES)
def test_a_command_needs_the_role_that_it_needs_on_one_router(client, operator, role, needed):
    company = member(operator, role)
    RouterFactory(company=company)
    command, body = COMMANDS[needed]

    response = post(client, command, company=company.public_id, **body)

    may = ROLES.index(role) >= ROLES.index(needed)
    assert response.status_code == (202 if may else 403)
    assert CommandBatch.objects.exists() is may


@pytest.mark.parametrize(
    ("command", "body", "status", "code"),
    [
        ("../secret", {}, 400, "command_invalid"),
        ("/ip/address/listen", {}, 403, "command_not_allowed"),
        ("/ppp/secret/print ?password=x", {}, 403, "command_not_allowed"),
        ("/system/reboot", {}, 400, "confirmation_required"),
        ("/system/reboot", {"confirm": False}, 400, "confirmation_required"),
        ("", {}, 400, "invalid"),
        ("/ip/address/print", {"comand": 1}, 400, "invalid"),
        ("/ip/address/print", {"company": "EMP_0000000000"}, 400, "invalid"),
    ],
)
def test_what_may_not_be_sent_is_queued_for_nobody(client, router, command, body, status, code):
    response = post(client, command, **body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not CommandBatch.objects.exists()
    assert not Job.objects.exists()


def test_a_strangers_company_does_not_exist(client, router, stranger):
    response = post(client, company=stranger.personal_company.public_id)

    assert list(response.json()["fields"]) == ["company"]


def test_whoever_has_no_company_of_his_own_names_one(client, operator, router):
    company = operator.personal_company
    company.personal_owner = None
    company.save()
    operator.refresh_from_db()

    assert list(post(client).json()["fields"]) == ["company"]
    assert post(client, company=company.public_id).status_code == 202


# --- Calling off ----------------------------------------------------------------------------


def test_what_has_not_begun_can_be_called_off(client, operator, device):
    routers = RouterFactory.create_batch(3, owner=operator, port=device.port("api"))
    response = post(client, "/ip hotspot user add name=bob")
    CommandResult.objects.filter(router=routers[0]).update(state="running")

    answer = client.post(at(response, "cancel/"))
    work()

    assert answer.status_code == 200
    assert answer.json()["counts"] == {**NONE, "running": 1, "cancelled": 2}
    assert answer.json()["cancelled_at"]
    assert answer.json()["state"] == "running"
    assert not device.sentences


def test_a_batch_that_was_called_off_is_over_and_emptied(client, router):
    response = post(client)

    answer = client.post(at(response, "cancel/"))

    assert answer.json()["state"] == "cancelled"
    assert answer.json()["finished_at"]
    assert batch_of(response).sealed_command == ""


def test_to_cancel_the_job_of_one_router_calls_off_its_part(client, operator, device):
    routers = RouterFactory.create_batch(2, owner=operator, port=device.port("api"))
    response = post(client)
    jobs.run_due(limit=1)  # the job that queues one for each router
    job = Job.objects.get(lock_key=f"router:{routers[0].pk}", task="routers.bulk.send_command")

    answer = client.post(f"/jobs/{job.public_id}/cancel/")
    work()

    assert answer.status_code == 200
    assert outcomes(response) == {routers[0].pk: "cancelled", routers[1].pk: "done"}
    assert client.get(at(response)).json()["finished_at"]


def test_to_cancel_the_job_that_queues_the_rest_calls_off_all(client, router, device):
    response = post(client)
    job = Job.objects.get(task="routers.bulk.queue_commands")

    client.post(f"/jobs/{job.public_id}/cancel/")
    work()

    assert outcomes(response) == {router.pk: "cancelled"}
    assert not device.sentences


def test_to_call_off_again_changes_nothing(client, router):
    response = post(client)
    first, second = (client.post(at(response, "cancel/")) for _ in range(2))

    assert second.json() == first.json()
    assert AuditEvent.objects.filter(action="bulk_command.cancel").count() == 1


def test_to_call_off_what_is_over_changes_nothing(client, router):
    response = post(client)
    work()
    before = client.get(at(response)).json()

    assert client.post(at(response, "cancel/")).json() == before
    assert before["state"] == "done"


def test_a_viewer_calls_nothing_off(client, client_of, router, operator):
    viewer = UserFactory()
    MembershipFactory(company=operator.personal_company, user=viewer, role="viewer")
    response = post(client)

    assert client_of(viewer).get(at(response)).status_code == 200
    assert client_of(viewer).post(at(response, "cancel/")).status_code == 403


# --- Sent twice, and on record ---------------------------------------------------------------


def test_a_request_that_is_sent_again_with_its_key_is_carried_out_once(client, router):
    bodies = [
        client.post(
            PATH,
            {"command": "/ip/address/print", "routers": {"all": True}},
            HTTP_IDEMPOTENCY_KEY="k1",
        )
        for _ in range(2)
    ]

    assert bodies[0].json() == bodies[1].json()
    assert bodies[1]["Idempotency-Replayed"] == "true"
    assert CommandBatch.objects.count() == 1
    assert Job.objects.count() == 1


def test_who_asked_for_what_is_on_record(client, router):
    response = post(client)

    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == ("bulk_command.create", response.json()["id"])
    assert event.details == {"routers": 1, "command": "/ip/address/print"}


def test_nothing_is_sent_before_the_answer(client, router, device):
    post(client)

    assert not device.sentences
    assert not CommandLog.objects.exists()
    assert set(outcomes(post(client)).values()) == {"queued"}


def test_an_answer_costs_as_many_queries_for_many_routers(client, operator):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            post(client)
        return len(captured)

    RouterFactory(owner=operator)
    few = queries()
    RouterFactory.create_batch(40, owner=operator)

    assert queries() == few
