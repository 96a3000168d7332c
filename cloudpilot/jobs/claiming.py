"""Who runs what: a job is a worker's from the claim until its lease passes."""

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from cloudpilot.jobs import clock
from cloudpilot.jobs.models import Job, Worker

# Claims take turns on PostgreSQL, as all writes do on SQLite: two at once could each give the
# last place of a company away. A process that is stopped in the middle of its turn loses it.
_TAKE_TURN = """
    SELECT set_config('idle_in_transaction_session_timeout', '5s', true),
           pg_advisory_xact_lock(7036874417)
"""


def claim(worker: str, limit: int, among: QuerySet[Job] | None = None) -> list[Job]:
    """Make up to `limit` due jobs the worker's, in their order; fewer if no more may run now.

    A job whose lock is held, or whose company has its share of the workers, stays where it is and
    holds nobody up. Raises `RuntimeError` inside a transaction, where no task may run.
    """
    waiting = (Job.objects.all() if among is None else among).filter(state=Job.State.QUEUED)
    waiting = waiting.order_by("priority", "due_at", "id")
    if not waiting.filter(due_at__lte=clock.now()).exists():
        return []  # found out without a write lock
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_TAKE_TURN)
        return _Claim(worker, waiting.filter(due_at__lte=clock.now())).take(limit)


class _Claim:
    """One turn at claiming, with what is running already in mind."""

    def __init__(self, worker: str, due: QuerySet[Job]) -> None:
        self.worker = worker
        self.due = due
        self.now = clock.now()
        live = Worker.objects.live(self.now)
        threads: int = live.aggregate(total=Sum("threads"))["total"] or 0
        self.share = max(1, threads // 4)
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

    def take(self, limit: int) -> list[Job]:
        taken: list[Job] = []
        while room := limit - len(taken):
            found = self._find(room)
            # Those that one of their own number shuts out are not found again.
            more = [job for job in found if self._try(job)]
            taken += more
            if not more:
                break
        return taken

    def _find(self, room: int) -> list[Job]:
        full = [tenant for tenant, slots in self.slots.items() if len(slots) >= self.share]
        rows = self.due
        if full:
            rows = rows.exclude(tenant__in=full)
        if self.locks:
            rows = rows.exclude(lock_key__in=self.locks)
        # A row that is locked is being cancelled, or pulled forward by one who has yet to commit.
        return list(rows.select_for_update(skip_locked=True)[:room])

    def _try(self, job: Job) -> bool:
        used = self.slots.get(job.tenant, set()) if job.tenant is not None else set()
        if job.lock_key in self.locks or len(used) >= self.share:
            return False
        if job.tenant is not None:
            job.slot = next(slot for slot in range(self.share) if slot not in used)
        job.state = Job.State.RUNNING
        job.worker = self.worker
        job.attempts += 1
        job.token += 1
        job.started_at = self.now
        job.lease_until = self.now + clock.lease()
        job.save(update_fields=_CLAIMED)
        self._note(job.lock_key, job.tenant, job.slot)
        return True


_CLAIMED = ["slot", "state", "worker", "attempts", "token", "started_at", "lease_until"]
