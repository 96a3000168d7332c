"""Jobs on many machines: a broker carries their ids, and Celery's workers run them.

The table stays the truth. A message is a hint: one that is lost is sent again, one too many finds
the job claimed, a late one finds it ended.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import KombuError, OperationalError

from cloudpilot.jobs import clock, ending, schedules
from cloudpilot.jobs.claiming import claim, claimable
from cloudpilot.jobs.leases import Heartbeat, worker_name
from cloudpilot.jobs.models import Job, Worker
from cloudpilot.jobs.running import run

log = logging.getLogger("cloudpilot.jobs")

_TICK_SECONDS = 2.0
_LEFT_ALONE_SECONDS = 5.0  # a broker that is away is not asked by each request

app = Celery("cloudpilot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_default_queue="cloudpilot",
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    beat_scheduler="celery.beat:Scheduler",  # keeps nothing: our schedules are in the database
    beat_schedule={
        "tick": {
            "task": "cloudpilot.tick",
            "schedule": _TICK_SECONDS,
            "options": {"expires": 5 * _TICK_SECONDS},  # or they pile up while no worker runs
        }
    },
)
if settings.CELERY_BROKER_URL.startswith("redis"):  # or a request waits as long as TCP does
    app.conf.broker_transport_options = {"socket_connect_timeout": 2}


# --- Sending --------------------------------------------------------------------------------

_leave_alone_until = 0.0


def send(pk: int) -> None:
    """Tell the broker of a job; if it is away, `tick` will, and the caller never knows."""
    global _leave_alone_until
    if time.monotonic() < _leave_alone_until:
        sent_at = None
    else:
        try:
            run_job.apply_async((pk,), expires=settings.JOB_MESSAGE_SECONDS, retry=False)
            sent_at = clock.now()
        except (KombuError, OperationalError, OSError):
            log.warning("The broker is away", exc_info=True)
            _leave_alone_until = time.monotonic() + _LEFT_ALONE_SECONDS
            sent_at = None
    Job.objects.filter(pk=pk, state=Job.State.QUEUED).update(sent_at=sent_at)


def send_what_waits(limit: int) -> None:
    """Tell the broker of up to `limit` jobs that could run now and of which it does not know."""
    now = clock.now()
    lost = now - timedelta(seconds=settings.JOB_MESSAGE_SECONDS)
    unknown = Q(sent_at=None) | Q(sent_at__lt=lost)
    with transaction.atomic(durable=True):
        jobs = claimable(limit, Job.objects.filter(unknown).due(now))
        # Noted first, so that nobody else sends them too; what cannot be sent is noted again.
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(sent_at=now)
    for job in jobs:
        send(job.pk)


# --- Running --------------------------------------------------------------------------------


@app.task(name="cloudpilot.run_job")
def run_job(pk: int) -> None:
    """Run a job, unless it has been run, is being run, or may not run yet."""
    heartbeat = _heart.beating()
    jobs = claim(heartbeat.worker, 1, Job.objects.filter(pk=pk))
    if not jobs:  # whatever it waits for, it has to be sent again
        Job.objects.filter(pk=pk, state=Job.State.QUEUED).update(sent_at=None)
        return
    heartbeat.hold(jobs[0])
    try:
        run(jobs[0])
    finally:
        heartbeat.drop(jobs[0])
    # Its lock and its place are free now. One more, so that those who wait make up for lost ones.
    send_what_waits(2)


@app.task(name="cloudpilot.tick")
def tick() -> None:
    """Do what a worker of our own does between jobs. As often as you like, and wherever.

    No more is sent than could begin at once, so a queue that is long for other reasons stays as
    long as it is.
    """
    ending.reclaim()
    schedules.tick()
    threads = Worker.objects.live(clock.now()).threads()
    idle = threads - Job.objects.filter(state=Job.State.RUNNING).count()
    if idle > 0:
        send_what_waits(idle)


# --- Signs of life --------------------------------------------------------------------------


class _Heart:
    """This process's heartbeat, from its first job or from the start of the pool that it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heartbeat: Heartbeat | None = None

    def beating(self, threads: int = 1) -> Heartbeat:
        with self._lock:
            if self._heartbeat is None:
                self._heartbeat = Heartbeat(worker_name(), threads=threads)
                self._heartbeat.__enter__()
            return self._heartbeat

    def stop(self) -> None:
        with self._lock:
            if self._heartbeat is not None:
                self._heartbeat.__exit__(None, None, None)
                self._heartbeat = None


_heart = _Heart()


@signals.worker_ready.connect
def _enter_threads(sender: Any, **kwargs: Any) -> None:
    """Enter a worker whose pool is threads; the children of a forked pool enter themselves."""
    if "prefork" not in type(sender.pool).__module__:
        _heart.beating(sender.pool.limit or 1)


@signals.worker_process_init.connect
def _enter_child(**kwargs: Any) -> None:
    _heart.beating(1)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _leave(**kwargs: Any) -> None:
    _heart.stop()


@signals.setup_logging.connect
def _keep_our_logs(**kwargs: Any) -> None:
    """Connected, this keeps Celery from setting logs up: Django's settings have."""
