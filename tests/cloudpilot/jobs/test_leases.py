"""Whose a job is: no longer than its lease, and nobody's who lost it."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from cloudpilot import jobs
from cloudpilot.jobs import clock, ending, processes, schedules
from cloudpilot.jobs.claiming import claim
from cloudpilot.jobs.leases import Heartbeat
from cloudpilot.jobs.models import Job, Schedule, Worker
from cloudpilot.jobs.running import run
from tests.cloudpilot.jobs import tasks
from tests.parallel import at_once

pytestmark = pytest.mark.sql

QUEUED, RUNNING, DONE, FAILED, CANCELLED = Job.State


def claimed(**options):
    jobs.enqueue(tasks.echo, **options)
    return claim("first", 1)[0]


def let_the_lease_pass():
    Job.objects.filter(state=RUNNING).update(lease_until=clock.now() - timedelta(seconds=1))


def test_a_job_whose_lease_has_passed_is_anybodys(db):
    job = claimed()
    assert ending.reclaim() == 0

    let_the_lease_pass()

    assert ending.reclaim() == 1
    assert claim("second", 1) == [job]


def test_who_lost_the_lease_can_write_nothing(db):
    job = claimed()
    let_the_lease_pass()
    ending.reclaim()
    claim("second", 1)

    assert ending.finish(job, DONE) is None
    assert ending.put_back(job) is None
    assert run(job) == "lost"
    assert jobs.Running(job).alive() is False
    assert Job.objects.get().state == RUNNING


def test_a_lease_that_passed_is_no_longer_alive_even_before_anybody_takes_it(db):
    job = claimed()
    assert jobs.Running(job).alive()

    let_the_lease_pass()

    assert not jobs.Running(job).alive()


def test_a_sign_of_life_holds_on_to_what_is_in_hand_and_nothing_else(db):
    with Heartbeat("first", threads=3) as heartbeat:
        mine, dropped = claimed(), claimed()
        for job in (mine, dropped):
            heartbeat.hold(job)
        heartbeat.drop(dropped)
        let_the_lease_pass()

        heartbeat.beat()

        assert ending.reclaim() == 1
        assert Worker.objects.get().threads == 3
    assert not Worker.objects.exists()


@pytest.mark.parametrize("end", [ending.put_back, lambda job: ending.reclaim()])
def test_a_job_that_comes_back_gives_way_to_one_of_its_kind(db, end):
    job = claimed(unique="reconcile:7")
    twin = jobs.enqueue(tasks.echo, unique="reconcile:7")
    let_the_lease_pass()

    end(job)

    job.refresh_from_db()
    assert (job.state, job.error) == (CANCELLED, "another job of its kind is queued")
    assert jobs.run_due() == 1
    assert Job.objects.get(pk=twin.pk).state == DONE


@pytest.mark.parametrize("end", [ending.put_back, lambda job: ending.reclaim()])
def test_a_job_that_comes_back_and_was_cancelled_ends(db, end):
    job = claimed()
    assert jobs.cancel(job)
    let_the_lease_pass()

    end(job)

    assert Job.objects.get().state == CANCELLED


# --- Workers that are gone ------------------------------------------------------------------

HERE = processes.this()
can_tell = pytest.mark.skipif(HERE is None, reason="the kernel does not tell of processes")


def enter(name, process):
    now = clock.now()
    return Worker.objects.create(
        name=name, threads=1, started_at=now, seen_at=now, **asdict(process)
    )


def a_dead_process():
    return replace(HERE, born=HERE.born - 1)  # whose pid is ours by now


@can_tell
def test_the_jobs_of_a_worker_that_is_gone_are_anybodys_at_once(db):
    job = claimed()
    enter("first", a_dead_process())

    assert ending.reclaim() == 1

    assert claim("second", 1) == [job]
    assert not Worker.objects.exists()
    assert ending.finish(job, DONE) is None


@can_tell
def test_who_lives_or_is_elsewhere_keeps_its_jobs(db):
    for name, process in (
        ("alive", HERE),
        ("elsewhere", replace(a_dead_process(), place="another machine")),
    ):
        jobs.enqueue(tasks.echo)
        claim(name, 1)
        enter(name, process)
    jobs.enqueue(tasks.echo)
    claim("unlisted", 1)

    assert ending.reclaim() == 0
    assert Worker.objects.count() == 2


@can_tell
def test_a_worker_enters_itself_as_the_process_that_it_is(db):
    with Heartbeat("first", threads=1):
        worker = Worker.objects.get()

    assert processes.Process(worker.place, worker.pid, worker.born) == HERE


@can_tell
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_looks_at_a_worker_that_is_gone_one_takes_each_job():
    for _ in range(3):
        claimed()
    enter("first", a_dead_process())

    assert sum(at_once(lambda _: ending.reclaim(), 5)) == 3
    assert [job.token for job in claim("second", 9)] == [2, 2, 2]


# --- Locks and shares -----------------------------------------------------------------------


def test_of_one_lock_one_job_runs_and_others_pass_it(db):
    locked = [jobs.enqueue(tasks.echo, lock="router:7") for _ in range(3)]
    free = jobs.enqueue(tasks.echo)

    assert claim("first", 4) == [locked[0], free]
    assert claim("second", 4) == []
    ending.finish(Job.objects.get(pk=locked[0].pk), DONE)
    assert claim("second", 4) == [locked[1]]


def test_a_company_has_a_quarter_of_the_live_workers_threads(db):
    for name, age in (("first", 0), ("second", 1), ("dead", 3600)):
        seen_at = clock.now() - timedelta(seconds=age)
        Worker.objects.create(name=name, threads=6, started_at=seen_at, seen_at=seen_at)
    for _ in range(5):
        jobs.enqueue(tasks.echo, company=1)
    other = jobs.enqueue(tasks.echo, company=2)
    nobodys = jobs.enqueue(tasks.echo)

    taken = claim("first", 7)

    assert [job.tenant for job in taken] == [1, 1, 1, 2, None]
    assert [job.slot for job in taken] == [0, 1, 2, 0, None]
    assert taken[3:] == [other, nobodys]


def test_a_company_has_one_place_at_the_least(db):
    jobs.enqueue(tasks.echo, company=1)
    jobs.enqueue(tasks.echo, company=1)

    assert len(claim("first", 2)) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_claims_each_job_goes_to_one():
    for number in range(24):
        jobs.enqueue(tasks.echo, lock=f"router:{number % 8}", company=number % 5)

    answers = at_once(lambda index: claim(f"worker{index}", 3), 6)

    taken = [job for answer in answers for job in answer]
    assert len({job.pk for job in taken}) == len(taken) == 5  # one a company
    assert Job.objects.filter(state=RUNNING).count() == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_reclaims_one_takes_the_job():
    claimed()
    let_the_lease_pass()

    assert sum(at_once(lambda _: ending.reclaim(), 5)) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_enqueues_of_one_unique_key_make_one_job():
    def enqueue(_):
        return jobs.enqueue(tasks.echo, unique="reconcile:7").pk

    assert len(set(at_once(enqueue, 8))) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_enqueues_of_many_keys_in_any_order_make_one_job_each():
    keys = [f"reconcile:{n}" for n in range(20)]

    def enqueue(n):
        mine = keys[n:] + keys[:n] if n % 2 else keys[::-1]
        jobs.enqueue_many(tasks.echo, [{"unique": key} for key in mine])

    assert at_once(enqueue, 8) == [None] * 8
    assert sorted(Job.objects.values_list("unique_key", flat=True)) == sorted(keys)


# --- Schedules ------------------------------------------------------------------------------


@pytest.fixture
def hourly(monkeypatch):
    monkeypatch.setattr(schedules.registry, "periods", {tasks.hourly.name: 3600.0})
    return Schedule.objects.filter(task=tasks.hourly.name)


def test_a_periodic_task_runs_at_once_and_then_once_a_period(db, hourly):
    assert (schedules.tick(), schedules.tick()) == (1, 0)

    hourly.update(next_at=clock.now())

    assert (schedules.tick(), schedules.tick()) == (1, 0)


def test_what_was_missed_is_run_once_and_the_slots_stay_where_they_were(db, hourly):
    planned = clock.now() - timedelta(hours=5, minutes=20)
    Schedule.objects.create(task=tasks.hourly.name, next_at=planned)

    assert (schedules.tick(), schedules.tick()) == (1, 0)
    assert hourly.get().next_at == planned + timedelta(hours=6)


def test_a_period_that_was_made_shorter_counts_from_now(db, hourly):
    Schedule.objects.create(task=tasks.hourly.name, next_at=clock.now() + timedelta(days=7))

    assert schedules.tick() == 1
    assert hourly.get().next_at < clock.now() + timedelta(hours=1, seconds=1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_ticks_one_queues_the_job(hourly):
    assert sum(at_once(lambda _: schedules.tick(), 6)) == 1
    assert Job.objects.count() == 1
