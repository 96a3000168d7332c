from typing import Any

from django.utils import timezone

from cloudpilot import jobs
from routers.bulk import services
from routers.models import CommandBatch, CommandResult

_AT_ONCE = 500  # jobs a transaction, so that nobody else waits long to write


@jobs.task(max_attempts=None, hears_cancel=True)
def queue_commands(*, batch: int) -> None:
    """Queue a job for each router of a batch that has not been tried. Harmless to run again."""
    if jobs.current().cancelled():
        services.cancel(CommandBatch.objects.get(pk=batch))
    waiting = CommandResult.objects.filter(batch=batch, state=CommandResult.State.QUEUED)
    last = 0
    while results := list(waiting.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        jobs.enqueue_many(send_command, [_order(result) for result in results])
        last = results[-1].pk


def _order(result: CommandResult) -> dict[str, Any]:
    return {
        "arguments": {"result": result.pk},
        "unique": f"command:{result.pk}",
        "lock": f"router:{result.router_id}",  # no other worker speaks to it meanwhile
        "company": result.company_id,
    }


# Unless it is settled before: up to two minutes for a router to come back.
@jobs.task(max_attempts=None, backoff=jobs.Backoff(first=4, factor=2, cap=60), hears_cancel=True)
def send_command(*, result: int) -> None:
    row = CommandResult.objects.select_related("batch__user", "router").filter(pk=result).first()
    running = jobs.current()
    if row is None:
        return
    if running.cancelled():
        services.cancel_one(row)
    elif not services.carry_out(row, attempt=running.job.attempts):
        raise jobs.Retry


@jobs.every(seconds=3600)
@jobs.task()
def tidy_commands() -> None:
    now = timezone.now()
    services.close_overdue(now)
    services.forget_old(now)
