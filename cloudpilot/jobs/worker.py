"""A process that runs jobs: one thread hands out, the others run."""

import logging
import threading
import time
from queue import SimpleQueue

from django.db import Error, close_old_connections, connection
from django.db.models import Min

from cloudpilot.jobs import clock, ending, hints, schedules
from cloudpilot.jobs.claiming import claim
from cloudpilot.jobs.leases import Heartbeat, worker_name
from cloudpilot.jobs.models import Job
from cloudpilot.jobs.running import run

log = logging.getLogger("cloudpilot.jobs")


class Worker:
    """Runs up to `threads` jobs at a time, until it is told to stop."""

    def __init__(self, threads: int, *, grace: float) -> None:
        self.threads = threads
        self.grace = grace
        self.stopping = False
        self._heartbeat = Heartbeat(worker_name(), threads=threads)
        self._claimed: SimpleQueue[Job] = SimpleQueue()
        self._wake = threading.Event()
        self._quiet = threading.Event()
        self._swept_at = 0.0

    def stop(self) -> None:
        """Claim nothing more. Safe in a signal's handler: it touches no lock."""
        self.stopping = True

    def run(self) -> None:
        """Run jobs until `stop`; then let those that run end, for `grace` seconds."""
        with self._heartbeat:
            for number in range(self.threads):
                threading.Thread(target=self._work, name=f"job-{number}", daemon=True).start()
            watcher = threading.Thread(
                target=hints.watch, args=(self._wake.set, self._quiet), name="hints", daemon=True
            )
            watcher.start()
            while not self.stopping:
                self._take_turn()
            self._quiet.set()
            self._let_them_end()

    def _take_turn(self) -> None:
        """Hand out what may run now, and wait for more. No failure of the database ends it."""
        try:
            self._sweep()
            wait = 0.0 if self._hand_out() else self._seconds_to_next()
        except Error:
            log.warning("The database is away", exc_info=True)
            wait = hints.POLL_SECONDS
        close_old_connections()
        self._wake.wait(wait)
        self._wake.clear()

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_at >= hints.POLL_SECONDS:
            self._swept_at = time.monotonic()
            ending.reclaim()
            schedules.tick()

    def _hand_out(self) -> int:
        room = self.threads - len(self._heartbeat.in_hand())
        jobs = claim(self._heartbeat.worker, room) if room else []
        for job in jobs:
            self._heartbeat.hold(job)
            self._claimed.put(job)
        return len(jobs)

    def _seconds_to_next(self) -> float:
        now = clock.now()
        later = Job.objects.filter(state=Job.State.QUEUED, due_at__gt=now)
        next_at = later.aggregate(at=Min("due_at"))["at"]
        if next_at is None:
            return hints.POLL_SECONDS
        return min(hints.POLL_SECONDS, (next_at - now).total_seconds())

    def _work(self) -> None:
        while True:
            job = self._claimed.get()
            try:
                run(job)
            finally:
                self._heartbeat.drop(job)
                close_old_connections()
                self._wake.set()

    def _let_them_end(self) -> None:
        give_up_at = time.monotonic() + self.grace
        while self._heartbeat.in_hand() and time.monotonic() < give_up_at:
            self._wake.wait(hints.POLL_SECONDS)
            self._wake.clear()
        try:
            for job in self._heartbeat.in_hand():
                log.warning("%s was cut short, and will run again", job.public_id)
                ending.put_back(job, error="the worker was stopped", count=False)
        except Error:
            log.warning("The rest run again once their leases have passed", exc_info=True)
        connection.close()
