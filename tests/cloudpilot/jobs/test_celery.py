"""Jobs that a broker carries: Celery's own workers, beat, and a broker whose messages are files."""

import json
import shutil
from datetime import timedelta

import pytest
from django.db import connection

from cloudpilot import jobs
from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker
from tests.cloudpilot.jobs import folder_broker, tasks
from tests.processes import eventually

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
# A worker of Celery's takes seconds to start.
on_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="who has outgrown one machine has PostgreSQL"
)

QUEUED, RUNNING, DONE, FAILED, CANCELLED = Job.State
CELERY = ("-m", "celery", "-A", "cloudpilot", "--quiet")


@pytest.fixture(scope="module")
def _folder(tmp_path_factory):
    return tmp_path_factory.mktemp("broker") / "messages"


@pytest.fixture
def broker(_folder, settings, monkeypatch):
    """The broker's folder, empty; the product sends its messages there."""
    _folder.mkdir()
    settings.CELERY_BROKER_URL = folder_broker.URL
    from cloudpilot.jobs import celery

    options = {
        "data_folder_in": str(_folder),
        "data_folder_out": str(_folder),
        "control_folder": str(_folder / "control"),
    }
    celery.app.conf.update(broker_url=folder_broker.URL, broker_transport_options=options)
    monkeypatch.setattr(celery, "_leave_alone_until", 0.0)
    yield _folder
    shutil.rmtree(_folder, ignore_errors=True)


@pytest.fixture
def start_celery(start_worker, broker):
    """Return a function that starts a worker of Celery's, and one that starts beat."""
    environment = {"CELERY_BROKER_URL": folder_broker.URL, "BROKER_FOLDER": str(broker)}

    def start(*options):
        return start_worker(*options, command=CELERY, **environment)

    return start


def messages(broker):
    return [path for path in broker.iterdir() if path.is_file()]


def work(journal, name, **options):
    return jobs.enqueue(tasks.work, {"journal": journal.path, "name": name}, **options)


def all_done(count):
    return lambda: Job.objects.filter(state=DONE).count() == count


@on_postgres
@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_jobs_run_once_each_under_their_locks_and_shares(start_celery, journal, pool):
    start_celery("worker", "--pool", pool, "--concurrency", 4)
    start_celery("beat")
    threads = Worker.objects.live
    eventually(lambda: threads(clock.now()).threads() == 4)

    for number in range(12):
        work(journal, "locked", lock="router:7")
        work(journal, "greedy", company=1)
        work(journal, f"free{number}")
    eventually(all_done(36), seconds=180)

    assert journal.most_at_once("locked") == journal.most_at_once("greedy") == 1
    assert len(journal.lines("start")) == 36


def test_a_lost_a_doubled_and_a_late_message_harm_nothing(start_celery, broker, journal):
    from cloudpilot.jobs import celery

    lost, doubled, late = (work(journal, name) for name in ("lost", "doubled", "late"))
    for path in messages(broker):
        sent = json.loads(path.read_text())
        if sent["headers"]["argsrepr"] == f"({lost.pk},)":
            path.unlink()
    for _ in range(5):
        celery.send(doubled.pk)
    jobs.cancel(late)
    Job.objects.filter(pk=lost.pk).update(sent_at=clock.now() - timedelta(minutes=2))

    start_celery("worker", "--pool", "threads", "--concurrency", 4)
    start_celery("beat")
    eventually(all_done(2))

    assert sorted(fields[0] for fields in journal.lines("start")) == ["doubled", "lost"]


@on_postgres
def test_a_broker_that_is_away_is_no_callers_business(start_celery, broker, journal):
    shutil.rmtree(broker)
    broker.touch()  # where its folder was
    job = work(journal, "later")
    assert Job.objects.get(pk=job.pk).sent_at is None

    broker.unlink()
    broker.mkdir()
    start_celery("worker", "--pool", "threads", "--concurrency", 2)
    start_celery("beat")

    eventually(all_done(1))


@on_postgres
def test_a_celery_worker_that_is_killed_loses_nothing(start_celery, journal, tmp_path):
    arguments = {"journal": journal.path, "name": "held", "gate": str(tmp_path / "gate")}
    job = jobs.enqueue(tasks.hold, arguments)
    worker = start_celery("worker", "--pool", "threads", "--concurrency", 2)
    start_celery("beat")
    eventually(lambda: Job.objects.filter(state=RUNNING).exists())

    worker.kill()
    (tmp_path / "gate").touch()
    start_celery("worker", "--pool", "threads", "--concurrency", 2)

    eventually(all_done(1), seconds=180)  # a message may have gone with the worker: a minute
    job.refresh_from_db()
    assert job.attempts == 2


def test_a_job_is_sent_once_the_transaction_commits_and_not_before_it_is_due(broker, journal):
    from django.db import transaction

    with transaction.atomic():
        job = work(journal, "now")
        assert messages(broker) == []
    work(journal, "later", after=60)

    assert len(messages(broker)) == 1
    assert Job.objects.get(pk=job.pk).sent_at


def test_no_more_is_sent_again_than_could_begin(broker, journal):
    from cloudpilot.jobs import celery

    for number in range(20):
        work(journal, "x", company=number % 2, lock=f"router:{number % 3}")
    Job.objects.update(sent_at=None)
    for path in messages(broker):
        path.unlink()

    for _ in range(5):
        celery.send_what_waits(16)

    assert len(messages(broker)) <= 10
