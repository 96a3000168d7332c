import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from cloudpilot.errors import DomainError
from cloudpilot.querysets import count_kinds
from cloudpilot.text import storable
from routers import execution
from routers.command_policy import Risk, risk_of
from routers.models import CommandBatch, CommandResult, Router
from routers.routeros import Command, Deadline, errors
from users.models import Company

SECONDS = 10.0  # for one router
ATTEMPTS = 6  # to reach it
SENT_WITHIN = timedelta(days=1)
KEPT = timedelta(days=90)
LONGEST_RESULT = 65_536  # characters of JSON

State = CommandResult.State
_UNDER_WAY = (State.QUEUED, State.RUNNING)

_MAY_BE_DONE = "The command was sent, and may have been carried out."
_INTERRUPTED = "Work on this router was interrupted; the command may have been carried out."
_TOO_OFTEN = "Work on this router was interrupted too often."
_DELETED = "The router has been deleted."
_TOO_LATE = "The command could not be sent within a day."
_TOO_LONG = "The command was carried out; its answer is too long to be kept."


def start(
    company: Company,
    command: Command,
    routers: list[Router],
    *,
    user: Any,
    conditions: dict[str, Any],
) -> CommandBatch:
    """Note that the command is to be sent to each router, in the caller's transaction."""
    batch = CommandBatch.objects.create(
        company=company,
        user=user,
        user_name=user.get_username(),
        command=command.path[:300],
        arguments=execution.shown_arguments(command),
        sealed_command=_written(command),
        filter=conditions,
        total=len(routers),
    )
    make = partial(CommandResult, batch=batch, company=company)
    CommandResult.objects.bulk_create(
        (make(router=router, router_name=str(router)) for router in routers), batch_size=2000
    )
    return batch


def with_counts(batches: Iterable[CommandBatch]) -> list[CommandBatch]:
    """Return the batches, each with `counts`: how many of its results are in which state."""
    batches = list(batches)
    rows = CommandResult.objects.all()
    count_kinds(rows, of="batch", owners=batches, field="state", kinds=State)
    return batches


def cancel(batch: CommandBatch) -> int:
    """Call off what has not begun, and return how much that was; what has begun ends by itself."""
    with transaction.atomic():
        number = _call_off(batch.results.all())
        if number:
            CommandBatch.objects.filter(pk=batch.pk).update(cancelled_at=timezone.now())
    _finish_if_over(batch.pk)
    batch.refresh_from_db()
    return number


def cancel_one(result: CommandResult) -> None:
    """Call off one router's part of a batch, unless it has begun."""
    _call_off(CommandResult.objects.filter(pk=result.pk))
    _finish_if_over(result.batch_id)


def carry_out(result: CommandResult, *, attempt: int) -> bool:
    """Send a batch's command to one router; False if that is to be tried again later.

    A command that writes is sent at most once: where an earlier attempt may have sent it, the
    result is `unknown`. One that only reads is sent again.
    """
    settled = True
    if result.state == State.RUNNING or _begin(result):
        settled = _attempt(result, attempt)
    if settled:
        _finish_if_over(result.batch_id)
    return settled


def close_overdue(now: datetime) -> int:
    """End the batches that are not over within a day, so that no command is sent long after it."""
    overdue = CommandBatch.objects.filter(finished_at=None, created_at__lt=now - SENT_WITHIN)
    for batch in overdue:
        _end_all(batch, State.QUEUED, State.FAILED, _TOO_LATE)
        _end_all(batch, State.RUNNING, State.UNKNOWN, _INTERRUPTED)
        _finish_if_over(batch.pk)
    return len(overdue)


def forget_old(now: datetime) -> int:
    """Delete the batches of more than 90 days ago, with their results."""
    return CommandBatch.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _call_off(results: QuerySet[CommandResult]) -> int:
    return results.filter(state=State.QUEUED).update(
        state=State.CANCELLED, finished_at=timezone.now()
    )


def _begin(result: CommandResult) -> bool:
    """Claim a queued result; of this and a cancellation at the same time, one finds it queued."""
    rows = CommandResult.objects.filter(pk=result.pk, state=State.QUEUED)
    return bool(rows.update(state=State.RUNNING, started_at=timezone.now(), error=""))


def _attempt(result: CommandResult, attempt: int) -> bool:
    """Send the command, unless an attempt before this one may have; see `carry_out`."""
    batch, was_begun = result.batch, result.state == State.RUNNING
    try:
        command = _read(batch.sealed_command)
        if was_begun and risk_of(command) is not Risk.READS:
            return _end(result, State.UNKNOWN, error=_INTERRUPTED)
        if attempt > ATTEMPTS:
            return _end(result, State.FAILED, error=_TOO_OFTEN)
        if batch.created_at < timezone.now() - SENT_WITHIN:
            return _end(result, State.FAILED, error=_TOO_LATE)
        if result.router is None:
            return _end(result, State.FAILED, error=_DELETED)
        shown = execution.run_on_record(
            result.router, command, Deadline(SECONDS), user=batch.user, user_name=batch.user_name
        )
    except errors.Refused as exc:
        return _end(result, State.REFUSED, error=exc.message)
    except errors.Unavailable as exc:
        return _unanswered(result, command, exc, attempt)
    except Http404:
        return _end(result, State.FAILED, error=_DELETED)
    except DomainError as exc:
        return _end(result, State.FAILED, error=str(exc))
    return _keep(result, shown)


def _unanswered(
    result: CommandResult, command: Command, exc: errors.Unavailable, attempt: int
) -> bool:
    if exc.sent and risk_of(command) is not Risk.READS:
        return _end(result, State.UNKNOWN, error=f"{exc} {_MAY_BE_DONE}")
    if attempt >= ATTEMPTS:
        return _end(result, State.FAILED, error=str(exc))
    rows = CommandResult.objects.filter(pk=result.pk, state=State.RUNNING)
    rows.update(state=State.QUEUED, error=str(exc)[:500])  # where it can be cancelled
    return False


def _keep(result: CommandResult, shown: Any) -> bool:
    shown = _without_nul(shown)
    if len(json.dumps(shown)) > LONGEST_RESULT:
        return _end(result, State.DONE, error=_TOO_LONG)
    return _end(result, State.DONE, shown=shown)


def _end(result: CommandResult, state: State, *, shown: Any = None, error: str = "") -> bool:
    """Write down what became of it. What we hear late is better than not to know."""
    rows = CommandResult.objects.filter(pk=result.pk, state__in=(State.RUNNING, State.UNKNOWN))
    rows.update(
        state=state,
        result=shown,
        error=storable(error, 500),
        finished_at=timezone.now(),
    )
    return True


def _end_all(batch: CommandBatch, was: State, state: State, error: str) -> None:
    rows = CommandResult.objects.filter(batch=batch, state=was)
    rows.update(state=state, error=error, finished_at=timezone.now())


def _finish_if_over(batch_id: int) -> None:
    """Empty a batch of its command, with the secrets in it, once nothing of it is to be sent."""
    if CommandResult.objects.filter(batch=batch_id, state__in=_UNDER_WAY).exists():
        return
    batch = CommandBatch.objects.filter(pk=batch_id, finished_at=None).first()
    if batch:
        batch.sealed_command = ""
        batch.finished_at = timezone.now()
        batch.save(update_fields=["sealed_command", "finished_at"])


def _written(command: Command) -> str:
    return json.dumps(
        {
            "menu": command.menu,
            "verb": command.verb,
            "attributes": dict(command.attributes),
            "queries": command.queries,
            "proplist": command.proplist,
        }
    )


def _read(text: str) -> Command:
    return Command(**json.loads(text))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_nul(inner) for inner in value]
    return value
