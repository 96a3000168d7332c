"""What a job costs, over a bare INSERT of its row in the same run; and how soon it begins."""

import logging
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager

from benchmarks.setting import database

ROUNDS = 300
JOBS = 500
QUEUED = 100_000
# How many bare INSERTs a step may cost, in our own CPU time, and how many milliseconds it may take.
PROMISED = {"enqueue": 10, "enqueue, unique, queued already": 20, "claim, run and finish": 60}
PROMISED_MS = {"idle latency": 250, "claim past 100,000 of a full company": 250,
               "claim past 100,000 of a held lock": 250}  # fmt: skip
# A worker as `run_worker` is, that knows our task too.
WORKER = (
    "import django; django.setup(); import benchmarks.tasks;"
    "from django.core.management import call_command; call_command('run_worker', threads=4)"
)


def main():
    with database():
        took = measure()
        from django.db import connection

        vendor = connection.vendor
        connection.close()
    insert, rate = took.pop("bare INSERT"), took.pop("jobs a second")
    late = []
    print(f"{vendor:<40}{'ms':>9}{'INSERTs':>9}{'promised':>12}")
    print(f"{'bare INSERT':<40}{insert:>9.3f}{1:>9.1f}")
    for name, ms in took.items():
        limit = PROMISED[name] * insert if name in PROMISED else PROMISED_MS[name]
        unit = "" if name in PROMISED else " ms"
        promised = f"< {PROMISED.get(name) or PROMISED_MS[name]}{unit}"
        print(f"{name:<40}{ms:>9.3f}{ms / insert:>9.1f}{promised:>12}")
        late += [name] if ms >= limit else []
    print(f"{'jobs a second, a worker of 4 threads':<40}{rate:>9.0f}")
    sys.exit(bool(late))


def measure():
    from benchmarks import tasks
    from cloudpilot import jobs

    logging.disable(logging.INFO)  # a line a job
    took = in_turns(
        {
            "bare INSERT": insert_row,
            "enqueue": lambda: jobs.enqueue(tasks.nothing),
            "enqueue, unique, queued already": lambda: jobs.enqueue(tasks.nothing, unique="x"),
        }
    )
    clear()
    took["claim, run and finish"] = one_by_one(jobs, tasks)
    with worker():
        took["jobs a second"] = through_put(jobs, tasks)
        took["idle latency"] = latency(jobs, tasks)
    took["claim past 100,000 of a full company"] = claim_past(tenant=1, slot=0)
    took["claim past 100,000 of a held lock"] = claim_past(lock_key="router:7")
    return took


def in_turns(acts):
    """Return the median milliseconds of our CPU that each act takes, in turns."""
    times = {name: [] for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            started = time.process_time()
            act()
            times[name].append(time.process_time() - started)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def insert_row():
    """Write a row as large as a job's, in a transaction of its own, past the ORM."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [f"JOB_{time.monotonic_ns()}"])


_INSERT = """
    INSERT INTO cloudpilot_job (
        public_id, task, arguments, unique_key, lock_key, state, priority, due_at, attempts, token,
        worker, progress_done, progress_total, cancel_requested, error, created_at
    ) VALUES (
        %s, 'benchmarks.nothing', '{}', '', '', 'done', 0, CURRENT_TIMESTAMP, 0, 0,
        '', 0, 0, FALSE, '', CURRENT_TIMESTAMP
    )
"""


def clear():
    from cloudpilot.jobs.models import Job

    Job.objects.all()._raw_delete("default")


@contextmanager
def worker():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "cloudpilot.settings"}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def one_by_one(jobs, tasks):
    """Return the milliseconds of our CPU that a job takes when each is claimed by itself."""
    queued = [jobs.enqueue(tasks.nothing) for _ in range(ROUNDS)]
    started = time.process_time()
    assert jobs.run_due() == len(queued)
    return (time.process_time() - started) / len(queued) * 1000


def through_put(jobs, tasks):
    """Return how many jobs a second a worker does that has all it can do, its start left out."""
    from django.db import transaction

    wait_for(jobs.enqueue(tasks.nothing))
    with transaction.atomic():
        queued = [jobs.enqueue(tasks.nothing) for _ in range(JOBS)]
    started = time.perf_counter()
    wait_for(queued[-1])
    return JOBS / (time.perf_counter() - started)


def latency(jobs, tasks):
    """Return the milliseconds from an enqueue to the end of the job, of a worker that is idle."""
    times = []
    for _ in range(60):
        time.sleep(0.1)
        started = time.perf_counter()
        wait_for(jobs.enqueue(tasks.nothing))
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def wait_for(job):
    from cloudpilot.jobs.models import Job

    while not Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists():
        time.sleep(0.002)


def claim_past(**shut_out):
    """Return the milliseconds of a claim that finds one job, with many before it that may not run."""
    from django.utils import timezone

    from cloudpilot.jobs.claiming import claim
    from cloudpilot.jobs.models import Job

    clear()
    Job.objects.create(task="x", state="running", **shut_out)
    fields = {name: value for name, value in shut_out.items() if name != "slot"}
    rows = (Job(task="x", due_at=timezone.now(), **fields) for _ in range(QUEUED))
    Job.objects.bulk_create(rows, batch_size=1000)
    times = []
    for _ in range(11):
        job = Job.objects.create(task="x", due_at=timezone.now())
        started = time.perf_counter()
        assert claim("benchmark", 1) == [job]
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
