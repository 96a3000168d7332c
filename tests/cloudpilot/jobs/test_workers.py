"""Real workers, killed, stopped and many at once: nothing is lost, and nothing runs beside itself."""

import random
import signal

import pytest
from django.core.management import call_command
from django.db import connection

from cloudpilot import jobs
from cloudpilot.jobs.models import Job, Schedule, Worker
from tests.cloudpilot.jobs import tasks
from tests.cloudpilot.jobs.conftest import SHORT_LEASE
from tests.parallel import at_once
from tests.processes import eventually

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

QUEUED, RUNNING, DONE, FAILED, CANCELLED = Job.State


def count(state, **fields):
    return Job.objects.filter(state=state, **fields).count()


def a_job(journal, name, **options):
    return jobs.enqueue(tasks.work, {"journal": journal.path, "name": name}, **options)


def a_hanging_job(journal, gate, name="hanging", **options):
    arguments = {"journal": journal.path, "name": name, "gate": str(gate)}
    return jobs.enqueue(tasks.hold, arguments, **options)


def test_a_worker_that_is_killed_time_and_again_loses_nothing(start_worker, journal):
    wanted = [f"job{number}" for number in range(60)]
    for number, name in enumerate(wanted):
        a_job(journal, name, lock=f"router:{number % 7}")

    # Whoever comes next finds that it is gone, and need not wait out its leases.
    for goal in sorted(random.sample(range(1, 55), 2)):
        worker = start_worker("--threads", 4)
        eventually(lambda goal=goal: len(journal.lines("start")) >= goal)
        worker.end(signal.SIGKILL)
    start_worker("--threads", 4)
    eventually(lambda: count(DONE) == 60)

    assert {fields[0] for fields in journal.lines("end")} == set(wanted)


def test_a_worker_that_slept_through_its_lease_cannot_write_over_the_next(
    start_worker, journal, tmp_path
):
    job = a_hanging_job(journal, tmp_path / "gate")
    sleeper = start_worker("--threads", 1, JOB_LEASE_SECONDS=SHORT_LEASE)
    eventually(lambda: count(RUNNING))
    sleeper.kill(signal.SIGSTOP)

    heir = start_worker("--threads", 1)
    eventually(lambda: Job.objects.get().token == 2)
    (tmp_path / "gate").touch()
    eventually(lambda: count(DONE))
    sleeper.kill(signal.SIGCONT)
    eventually(lambda: sleeper.said('"outcome": "lost"'))

    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (DONE, heir.process.pid, 2)


def test_a_job_that_takes_its_worker_along_each_time_has_failed_in_the_end(start_worker, journal):
    poison = jobs.enqueue(tasks.die)
    innocent = a_job(journal, "innocent", after=1)
    died = 0
    while count(FAILED, pk=poison.pk) == 0:
        worker = start_worker("--threads", 2)
        eventually(lambda w=worker: w.process.poll() is not None or count(FAILED))
        died += worker.process.poll() is not None
    eventually(lambda: count(DONE, pk=innocent.pk))

    poison.refresh_from_db()
    assert (poison.attempts, poison.error, died) == (2, "the worker died", 2)


def test_two_workers_share_the_jobs_and_never_one_lock(start_worker, journal):
    for number in range(90):
        a_job(journal, f"router:{number % 3}", lock=f"router:{number % 3}")
        a_job(journal, f"free{number}")

    start_worker("--threads", 4)
    start_worker("--threads", 4)
    eventually(lambda: count(DONE) == 180)

    assert {journal.most_at_once(f"router:{number}") for number in range(3)} == {1}
    assert len(journal.lines("start")) == 180
    assert len({fields[1] for fields in journal.lines("start")}) == 2


def test_a_company_whose_jobs_hang_has_a_quarter_of_all_threads_and_keeps_nobody_waiting(
    start_worker, journal, tmp_path
):
    for _ in range(500):
        a_hanging_job(journal, tmp_path / "gate", company=1)
    start_worker("--threads", 8)
    start_worker("--threads", 8)
    eventually(lambda: count(RUNNING) == 4)

    quick = [a_job(journal, f"quick{number}", company=2 + number) for number in range(12)]
    eventually(lambda: count(DONE, pk__in=[job.pk for job in quick]) == 12)

    assert count(RUNNING, tenant=1) == journal.most_at_once("hanging") == 4


def test_a_worker_that_is_told_to_stop_ends_its_jobs_and_leaves(start_worker, journal, tmp_path):
    a_hanging_job(journal, tmp_path / "gate")
    worker = start_worker("--threads", 2, "--grace", 60)
    eventually(lambda: count(RUNNING))

    worker.kill(signal.SIGTERM)
    a_job(journal, "later", after=2)  # the worker has heard by then: it looks up every second
    (tmp_path / "gate").touch()

    assert worker.process.wait(30) == 0
    assert (count(DONE), Worker.objects.count()) == (1, 0)


def test_what_does_not_end_in_its_grace_time_is_queued_again_at_once(
    start_worker, journal, tmp_path
):
    job = a_hanging_job(journal, tmp_path / "gate")
    worker = start_worker("--threads", 2, "--grace", 0)
    eventually(lambda: count(RUNNING))

    assert worker.end(signal.SIGINT) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (QUEUED, 0)


def test_a_running_job_hears_that_it_is_cancelled(start_worker, journal, tmp_path):
    job = a_hanging_job(journal, tmp_path / "gate")
    start_worker("--threads", 1)
    eventually(lambda: count(RUNNING))

    assert jobs.cancel(job)

    eventually(lambda: count(CANCELLED))


def test_a_schedule_runs_once_a_slot_however_many_workers_there_are(start_worker):
    start_worker(schedules=True)
    start_worker(schedules=True)
    eventually(lambda: Worker.objects.count() == 2 and count(DONE))
    slots = Schedule.objects.values_list("next_at", flat=True)
    first = slots.get()

    # The workers' next round is what tells that this one left the schedule alone.
    job = jobs.enqueue(tasks.echo, after=1.5)
    eventually(lambda: count(DONE, pk=job.pk))

    assert slots.get() == first
    assert Job.objects.filter(task=tasks.hourly.name).count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to lose")
def test_a_worker_whose_connections_are_cut_goes_on(start_worker, journal, tmp_path):
    held = a_hanging_job(journal, tmp_path / "gate")
    worker = start_worker("--threads", 4, PGAPPNAME="worker")
    eventually(lambda: count(RUNNING))

    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute(_CUT_THE_WORKERS)
        job = a_job(journal, "next")
        eventually(lambda job=job: count(DONE, pk=job.pk))
    (tmp_path / "gate").touch()
    eventually(lambda: count(DONE, pk=held.pk))

    assert worker.process.poll() is None


_CUT_THE_WORKERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'worker'
"""


def test_once_runs_what_is_due_and_ends(journal):
    a_job(journal, "now")
    a_job(journal, "later", after=3600)

    call_command("run_worker", once=True)

    assert [fields[0] for fields in journal.lines("end")] == ["now"]


def test_what_is_enqueued_while_its_like_is_being_claimed_is_not_lost():
    """Each enqueue is followed by a run that began after it, or the caller's change goes unread."""
    for _ in range(10):
        jobs.enqueue(tasks.echo, unique="reconcile:7")

        def race(index):
            return (
                jobs.run_due(limit=1)
                if index % 2
                else jobs.enqueue(tasks.echo, unique="reconcile:7")
            )

        answers = at_once(race, 6)

        assert not [answer for answer in answers if isinstance(answer, Exception)]
        newest = max(answer.token for answer in answers if isinstance(answer, Job))
        assert newest == 0  # each was returned one that had not been claimed yet
        jobs.run_due()
        assert count(QUEUED) == count(RUNNING) == 0
        assert Job.objects.exclude(state=DONE).count() == 0
