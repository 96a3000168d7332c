"""Who runs what: a job is a worker's from the claim until its lease passes."""

from datetime import datetime

from django.db import connection, transaction

from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, JobQuerySet, Worker

# Claims take turns on PostgreSQL, as all writes do on SQLite: two at once could each give the
# last place of a company away. A process that is stopped in the middle of its turn loses it.
_TAKE_TURN = """
    SELECT set_config('idle_in_transaction_session_timeout', '5s', true),
           pg_advisory_xact_lock(7036874417)
"""


def claim(worker: str, limit: int, among: JobQuerySet | None = None) -> list[Job]:
    """Make up to `limit` due jobs the worker's, in their order; fewer if no more may run now.

    A job whose lock is held, or whose company has its share of the workers, stays where it is and
    holds nobody up. Raises `RuntimeError` inside a transaction, where no task may run.
    """
    among = Job.objects.all() if among is None else among
    if not among.due(clock.now()).exists():
        return []  # found out without a write lock
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_TAKE_TURN)
        now = clock.now()
        jobs = claimable(limit, among.due(now))
        for job in jobs:
            _hand_to(worker, job, now)
    return jobs


def _hand_to(worker: str, job: Job, now: datetime) -> None:
    job.state = Job.State.RUNNING
    job.worker = worker
    job.attempts += 1
    job.token += 1
    job.started_at = now
    job.lease_until = now + clock.lease()
    job.save(
        update_fields=["slot", "state", "worker", "attempts", "token", "started_at", "lease_until"]
    )


def claimable(limit: int, due: JobQuerySet) -> list[Job]:
    """Return the first `limit` of the `due` that may run now, each with its company's slot.

    They are locked until the caller's transaction ends, and no more than that: by then another may
    have begun what shuts them out.
    """
    return _Places().find(limit, due)


class _Places:
    """What runs now, and so what else may."""

    def __init__(self) -> None:
        self.share = max(1, Worker.objects.live(clock.now()).threads() // 4)
        self.locks: set[str] = set()
        self.slots: dict[int, set[int]] = {}
        running = Job.objects.filter(state=Job.State.RUNNING)
        for lock_key, tenant, slot in running.values_list("lock_key", "tenant", "slot"):
            self._note(lock_key, tenant, slot)

    def _note(self, lock_key: str, tenant: int | None, slot: int | None) -> None:
        if lock_key:
            self.locks.add(lock_key)
        if tenant is not None and slot is not None:
            self.slots.setdefault(tenant, set()).add(slot)

    def find(self, limit: int, due: JobQuerySet) -> list[Job]:
        found: list[Job] = []
        while room := limit - len(found):
            rows = due.exclude(pk__in=[job.pk for job in found])
            first = self._first(room, rows)
            taken = [job for job in first if self._take(job)]
            found += taken
            # Whom one of their own number shuts out is not asked for again; another may be there.
            if not taken or len(first) < room:
                break
        return found

    def _first(self, room: int, rows: JobQuerySet) -> list[Job]:
        full = [tenant for tenant, slots in self.slots.items() if len(slots) >= self.share]
        if full:
            rows = rows.exclude(tenant__in=full)
        if self.locks:
            rows = rows.exclude(lock_key__in=self.locks)
        # A row that is locked is being cancelled, or pulled forward by one who has yet to commit.
        return list(rows.select_for_update(skip_locked=True)[:room])

    def _take(self, job: Job) -> bool:
        used = self.slots.get(job.tenant, set()) if job.tenant is not None else set()
        if job.lock_key in self.locks or len(used) >= self.share:
            return False
        if job.tenant is not None:
            job.slot = next(slot for slot in range(self.share) if slot not in used)
        self._note(job.lock_key, job.tenant, job.slot)
        return True
