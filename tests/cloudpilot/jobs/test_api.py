"""/jobs/: members look at their companies' jobs, and operators call them off."""

import pytest

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from cloudpilot.tenancy import Role
from tests.cloudpilot.jobs import tasks
from tests.factories import JobFactory, MembershipFactory

pytestmark = pytest.mark.sql


def test_a_job_is_shown_with_how_far_it_is_and_what_came_of_it(client, operator):
    job = jobs.enqueue(tasks.report, company=operator.personal_company.pk)
    jobs.run_due()

    shown = client.get(f"/jobs/{job.public_id}/").json()

    assert shown["id"] == job.public_id
    assert (shown["state"], shown["progress"]) == ("done", {"done": 3, "total": 7})
    assert shown["result"] == {"alive": True, "cancelled": False}
    assert "arguments" not in shown
    assert client.get("/jobs/").json() == [shown]


def test_a_job_of_no_company_is_nobodys(client):
    job = jobs.enqueue(tasks.echo)

    assert client.get("/jobs/").json() == []
    assert client.get(f"/jobs/{job.public_id}/").status_code == 404


def test_a_queued_job_is_cancelled_at_once(client, operator):
    job = JobFactory(owner=operator)

    answer = client.post(f"/jobs/{job.public_id}/cancel/")

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_a_running_job_is_asked_to_stop(client, operator):
    job = JobFactory(owner=operator, state=Job.State.RUNNING)

    for _ in range(2):
        answer = client.post(f"/jobs/{job.public_id}/cancel/").json()

        assert (answer["state"], answer["cancel_requested"]) == ("running", True)


@pytest.mark.parametrize("state", [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED])
def test_what_has_ended_is_not_cancelled(client, operator, state):
    job = JobFactory(owner=operator, state=state)

    answer = client.post(f"/jobs/{job.public_id}/cancel/")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_has_ended")
    job.refresh_from_db()
    assert job.state == state


def test_a_viewer_looks_and_does_not_cancel(client, operator):
    job = JobFactory()
    MembershipFactory(company_id=job.tenant, user=operator, role=Role.VIEWER)

    assert client.get(f"/jobs/{job.public_id}/").status_code == 200
    answer = client.post(f"/jobs/{job.public_id}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
