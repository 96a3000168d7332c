"""Signs of life: a worker that gives none loses its jobs to the others."""

import logging
import os
import secrets
import socket
import threading
from dataclasses import asdict
from datetime import datetime
from types import TracebackType

from django.db import Error, close_old_connections, connection

from cloudpilot.jobs import clock, processes
from cloudpilot.jobs.models import Job, Worker

log = logging.getLogger("cloudpilot.jobs")


def worker_name() -> str:
    """Return a name for this process that no other has, nor had."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


class Heartbeat:
    """Holds on to the jobs of one worker, from a thread of its own, while they are in hand.

    With `threads` the worker is entered in the list of workers too.
    """

    def __init__(self, worker: str, *, threads: int = 0) -> None:
        self.worker = worker
        self.threads = threads
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        if self.threads:
            self._try_to_beat()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self.threads:
            self._leave()

    def hold(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.pk] = job

    def drop(self, job: Job) -> None:
        with self._lock:
            self._jobs.pop(job.pk, None)

    def in_hand(self) -> list[Job]:
        with self._lock:
            return list(self._jobs.values())

    def beat(self) -> None:
        """Give one sign of life for the worker and all that it has in hand."""
        now = clock.now()
        if held := [job.pk for job in self.in_hand()]:
            mine = Job.objects.filter(pk__in=held, worker=self.worker, state=Job.State.RUNNING)
            mine.update(lease_until=now + clock.lease())
        if self.threads:
            self._enter(now)

    def _enter(self, now: datetime) -> None:
        # Written anew if it is gone: a worker that was away for long has been forgotten.
        process = processes.this()
        Worker.objects.update_or_create(
            name=self.worker,
            defaults={"seen_at": now},
            create_defaults={
                "seen_at": now,
                "threads": self.threads,
                "started_at": now,
                **(asdict(process) if process else {}),
            },
        )

    def _leave(self) -> None:
        try:
            Worker.objects.filter(name=self.worker).delete()
        except Error:
            log.warning("%s is still listed until its time has passed", self.worker, exc_info=True)

    def _run(self) -> None:
        while not self._stop.wait(clock.lease().total_seconds() / 3):
            self._try_to_beat()
            close_old_connections()
        connection.close()

    def _try_to_beat(self) -> None:
        try:
            self.beat()
        except Error:
            log.warning("No sign of life could be given", exc_info=True)
