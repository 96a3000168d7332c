"""What is enqueued, runs: once, in its order, and as often as its task says."""

from datetime import timedelta

import pytest
from django.db import transaction

from cloudpilot import jobs
from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job
from tests.cloudpilot.jobs import tasks

pytestmark = pytest.mark.sql

QUEUED, RUNNING, DONE, FAILED, CANCELLED = Job.State
COMPARED = ("task", "arguments", "unique_key", "lock_key", "tenant", "state", "attempts")


def make_due(job):
    Job.objects.filter(pk=job.pk).update(due_at=clock.now())


def test_a_job_runs_with_its_arguments_and_keeps_its_result(db):
    job = jobs.enqueue(tasks.echo, {"value": {"routers": [1, 2]}})

    assert jobs.run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (DONE, {"routers": [1, 2]}, 1)
    assert job.finished_at


def test_arguments_that_do_not_fit_are_the_callers_error(db):
    with pytest.raises(TypeError):
        jobs.enqueue(tasks.echo, {"valeu": 1})


def test_a_job_waits_until_it_is_due(db):
    job = jobs.enqueue(tasks.echo, after=60)

    assert jobs.run_due() == 0
    make_due(job)
    assert jobs.run_due() == 1


def test_the_lowest_priority_goes_first_then_the_longest_due(db):
    late = jobs.enqueue(tasks.echo, priority=1)
    second = jobs.enqueue(tasks.echo)
    third = jobs.enqueue(tasks.echo)
    first = jobs.enqueue(tasks.echo, priority=-1)

    jobs.run_due()

    started = Job.objects.order_by("started_at").values_list("pk", flat=True)
    assert list(started) == [first.pk, second.pk, third.pk, late.pk]


def test_run_due_runs_as_many_as_it_is_told(db):
    for _ in range(3):
        jobs.enqueue(tasks.echo)

    assert jobs.run_due(limit=2) == 2


def test_what_crashes_is_tried_again_after_a_while_and_then_has_failed(db):
    job = jobs.enqueue(tasks.crash)

    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (QUEUED, 1)

    make_due(job)
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (FAILED, 2)
    assert job.error == "crashed: KeyError"


def test_a_task_that_never_gives_up_goes_on(db):
    job = jobs.enqueue(tasks.find_nobody)
    Job.objects.update(attempts=999)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (QUEUED, 1000, "The router did not answer.")


def test_what_gives_up_has_failed_at_once(db):
    job = jobs.enqueue(tasks.give_up)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (FAILED, 1, "The router is gone.")


def test_a_task_may_ask_to_run_again_later_without_that_being_an_attempt(db):
    job = jobs.enqueue(tasks.come_again, {"after": 3600, "count": False})

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (QUEUED, 0, "")
    assert job.due_at > clock.now() + timedelta(seconds=3500)


def test_asking_to_run_again_has_an_end_if_it_counts(db):
    job = jobs.enqueue(tasks.come_again, {"after": 0})

    for _ in range(5):
        jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.error) == (FAILED, "gave up after 5 attempts")


@pytest.mark.parametrize(
    "result", [float("nan"), "\0", "\ud800", {1, 2}, object()], ids=lambda v: type(v).__name__
)
def test_a_result_that_cannot_be_stored_is_the_tasks_failure(db, result, monkeypatch):
    monkeypatch.setitem(tasks.echo.function.__kwdefaults__, "value", result)
    job = jobs.enqueue(tasks.echo)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.attempts) == (QUEUED, 1)


def test_a_task_that_this_release_does_not_know_waits_for_one_that_does(db):
    job = jobs.enqueue(tasks.echo)
    Job.objects.update(task="routers.from_the_future")

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.error) == (QUEUED, "crashed: LookupError")


def test_a_task_knows_its_job(db):
    job = jobs.enqueue(tasks.report)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.progress_done, job.progress_total) == (3, 7)
    assert job.result == {"alive": True, "cancelled": False}
    with pytest.raises(LookupError):
        jobs.current()


# --- unique ---------------------------------------------------------------------------------


def orders(*numbers):
    return [
        {"arguments": {"value": n}, "unique": f"reconcile:{n}", "lock": f"router:{n}", "company": 3}
        for n in numbers
    ]


def test_many_jobs_are_queued_as_one_each_would_be(db):
    jobs.enqueue_many(tasks.echo, orders(1, 2, 3))
    many = list(Job.objects.order_by("unique_key").values(*COMPARED))
    Job.objects.all().delete()
    for order in orders(1, 2, 3):
        jobs.enqueue(tasks.echo, **order)

    assert list(Job.objects.order_by("unique_key").values(*COMPARED)) == many
    assert jobs.run_due() == 3


def test_of_many_jobs_those_that_are_queued_already_are_pulled_forward(db):
    first = jobs.enqueue(tasks.echo, after=3600, **orders(2)[0])
    Job.objects.update(attempts=3)

    jobs.enqueue_many(tasks.echo, orders(1, 2, 3))

    first.refresh_from_db()
    assert Job.objects.count() == 3
    assert (first.due_at <= clock.now(), first.attempts) == (True, 0)


def test_many_may_be_none(db):
    jobs.enqueue_many(tasks.echo, [])

    assert not Job.objects.exists()


def test_of_one_unique_key_one_job_is_queued(db):
    first = jobs.enqueue(tasks.echo, unique="reconcile:7")

    assert jobs.enqueue(tasks.echo, unique="reconcile:7") == first
    assert jobs.enqueue(tasks.echo, unique="reconcile:8") != first
    assert jobs.run_due() == 2
    assert jobs.enqueue(tasks.echo, unique="reconcile:7") != first


def test_a_second_one_pulls_the_queued_one_forward_and_never_back(db):
    first = jobs.enqueue(tasks.echo, unique="reconcile:7", after=3600, priority=5)

    sooner = jobs.enqueue(tasks.echo, unique="reconcile:7", after=60)
    later = jobs.enqueue(tasks.echo, unique="reconcile:7", after=7200, priority=9)

    assert first.due_at > sooner.due_at == later.due_at
    assert (sooner.priority, later.priority) == (0, 0)


def test_a_second_one_gives_the_queued_one_all_its_attempts_back(db):
    job = jobs.enqueue(tasks.crash, unique="crash")
    jobs.run_due()

    assert jobs.enqueue(tasks.crash, unique="crash").attempts == 0
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (QUEUED, 1)


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_is_rolled_back_never_was():
    with transaction.atomic():
        jobs.enqueue(tasks.echo)
        jobs.enqueue(tasks.echo, unique="reconcile:7")
        transaction.set_rollback(True)

    assert jobs.run_due() == 0
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_task_runs_inside_a_transaction():
    jobs.enqueue(tasks.echo)

    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.run_due()


# --- cancel ---------------------------------------------------------------------------------


def test_a_queued_job_that_is_cancelled_never_runs(db):
    job = jobs.enqueue(tasks.echo)

    assert jobs.cancel(job)
    assert jobs.run_due() == 0
    job.refresh_from_db()
    assert job.state == CANCELLED


def test_what_has_ended_cannot_be_cancelled(db):
    job = jobs.enqueue(tasks.echo)
    jobs.run_due()

    assert not jobs.cancel(job)
