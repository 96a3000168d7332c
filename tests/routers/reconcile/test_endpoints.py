"""`/routers/{id}/plan/` and `/routers/{id}/reconcile/`."""

import pytest

from cloudpilot import jobs
from routers.models import Reconciliation
from routers.reconcile import services
from tests.factories import RouterFactory
from tests.routers.reconcile.guests import USERS, guest, names
from tests.routers.support import at, heard, member


def show(client, router, **query):
    return client.get(at(router, "plan"), query)


def ask(client, router, body=None, **headers):
    return client.post(at(router, "reconcile"), body or {}, **headers)


def test_a_plan_says_what_would_change_and_why(client, device, router, wanted, make_pass):
    wanted[:] = [guest(1, **{"limit-uptime": "1h"})]
    make_pass()
    wanted[:] = [guest(1, **{"limit-uptime": "2h"}), guest(2)]

    plan = show(client, router).json()

    assert plan["summary"] == {"add": 1, "set": 1, "move": 0, "remove": 0}
    (change,) = [change for change in plan["changes"] if change["action"] == "set"]
    assert change["attributes"] == {"limit-uptime": {"from": "1h", "to": "2h"}}
    assert change["reason"] == "limit-uptime is 1h, should be 2h"
    assert not plan["is_clean"]


def test_a_plan_shows_no_secret(client, router, wanted):
    wanted[:] = [guest(1, password="hunter2")]

    assert b"hunter2" not in show(client, router).content


def test_to_plan_writes_nothing(client, device, router, wanted):
    wanted[:] = [guest(1)]

    show(client, router)

    assert {words[0].rpartition("/")[2] for words in heard(device)} == {"print"}
    assert not Reconciliation.objects.exists()


def test_a_long_plan_is_counted_whole_and_shown_in_part(client, router, wanted):
    wanted[:] = [guest(number) for number in range(5)]

    plan = show(client, router, limit=2).json()

    assert (len(plan["changes"]), plan["summary"]["add"]) == (2, 5)


@pytest.mark.parametrize("limit", ["-1", "x", "10001", "1e3"])
def test_a_limit_that_is_none_is_named(client, router, limit):
    response = show(client, router, limit=limit)

    assert response.status_code == 400
    assert response.json()["fields"].keys() == {"limit"}


def test_a_plan_says_how_the_last_pass_went(client, device, router, wanted, make_pass):
    device.add(USERS, {"name": "guest1"})
    wanted[:] = [guest(1)]
    make_pass()

    plan = show(client, router).json()

    assert [problem["code"] for problem in plan["last_problems"]] == ["name_taken"]
    assert plan["problems"] == plan["last_problems"]
    assert plan["last_pass_at"]
    assert plan["last_success_at"] is None
    assert plan["applied_version"] < plan["desired_version"]


def test_a_router_that_is_away_is_503(client, device, router, wanted):
    wanted[:] = [guest(1)]
    device.switch_off()

    response = show(client, router)

    assert (response.status_code, response.json()["code"]) == (503, "router_unreachable")


def test_who_asks_for_a_pass_gets_the_job_that_makes_it(client, device, router, wanted):
    wanted[:] = [guest(1)]

    answer = ask(client, router)
    jobs.run_due()

    assert answer.status_code == 202
    assert answer.json()["router_id"] == router.pk
    job = client.get(f"/jobs/{answer.json()['job']['id']}/").json()
    assert (job["state"], job["result"]["changed"]["add"]) == ("done", 1)
    assert names(device) == ["guest1"]


def test_asked_for_twice_it_is_one_job(client, router):
    first, second = ask(client, router), ask(client, router)

    assert first.json()["job"]["id"] == second.json()["job"]["id"]


def test_a_request_that_is_sent_again_is_answered_again(client, router):
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = ask(client, router, **key)
    jobs.run_due()

    second = ask(client, router, **key)

    assert second.json()["job"]["id"] == first.json()["job"]["id"]
    assert second.headers["Idempotency-Replayed"] == "true"


def test_what_was_taken_back_is_retried_if_that_is_asked_for(client, router):
    services.mark_dirty([router.pk])
    Reconciliation.objects.update(reverted_rows="a digest")

    ask(client, router)
    assert Reconciliation.objects.get().reverted_rows
    ask(client, router, {"retry_reverted": True})

    assert not Reconciliation.objects.get().reverted_rows


def test_an_inactive_router_is_left_alone(client, operator, device):
    router = RouterFactory(owner=operator, is_active=False, port=device.port("api"))

    response = ask(client, router)

    assert (response.status_code, response.json()["code"]) == (403, "router_inactive")
    assert not jobs.Job.objects.exists()


def test_a_viewer_may_look_and_not_touch(client, operator, device):
    router = RouterFactory(company=member(operator, "viewer"), port=device.port("api"))

    assert show(client, router).status_code == 200
    assert ask(client, router).status_code == 403
