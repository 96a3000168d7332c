"""Sending webhooks: one endpoint's at a time, each again and again until it arrives or is too old.

At least once, with the same id and the same body each time; in no promised order.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from random import uniform
from typing import Any

from django.db import transaction
from django.db.models import Min
from requests import Request

from cloudpilot.errors import DomainError
from cloudpilot.jobs import clock
from cloudpilot.random_ids import public_id
from payments.gateways.http import retry_after
from payments.models import Delivery, DeliveryAttempt, Endpoint, Listener
from payments.notifications import listeners, signing, targets, tasks
from payments.notifications.errors import EndpointInactive
from payments.providers import demand_no_transaction
from payments.transport import Deadline, Failed, exchange

PING = "ping"
SECONDS = 10.0  # for one try, from the look-up of the name to the status
_TURN_SECONDS = 10.0  # after which others have their turn
_SECOND, _MINUTE, _HOUR = 1.0, 60.0, 3600.0
# How long to wait after each try that failed.
LADDER = (
    5 * _SECOND, 5 * _MINUTE, 30 * _MINUTE,
    2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
_JITTER = 0.2  # of each wait, at the most: what failed together parts ways


@dataclass(frozen=True)
class Outcome:
    """How a try went; a `failure` is a code."""

    status: int | None = None
    failure: str = ""
    retry_after: float = 0.0


def serve(endpoint_id: int) -> float | None:
    """Send what is due for an endpoint; answers in how many seconds there is more to send."""
    stop = time.monotonic() + _TURN_SECONDS
    while time.monotonic() < stop:
        delivery = _next_due(endpoint_id)
        if delivery is None:
            break
        _deliver(delivery)
    return _seconds_to_next(endpoint_id)


def _next_due(endpoint_id: int) -> Delivery | None:
    now = clock.now()
    due = _waiting(endpoint_id, now).filter(due_at__lte=now)
    return due.select_related("endpoint", "notice").order_by("due_at", "pk").first()


def _waiting(endpoint_id: int, now: datetime) -> Any:
    """Return what is to be sent to an endpoint as it is; one that is off, or paused, gets pings."""
    rows = Delivery.objects.filter(endpoint=endpoint_id, state=Delivery.State.WAITING)
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None or not endpoint.is_active or endpoint.is_paused(now):
        rows = rows.filter(notice=None)
    return rows


def _seconds_to_next(endpoint_id: int) -> float | None:
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    rows = Delivery.objects.filter(endpoint=endpoint_id, state=Delivery.State.WAITING)
    if endpoint is None or not endpoint.is_active:
        rows = rows.filter(notice=None)
    due_at = rows.aggregate(due_at=Min("due_at"))["due_at"]
    if endpoint is None or due_at is None:
        return None
    now = clock.now()
    if endpoint.is_paused(now):
        due_at = max(due_at, endpoint.paused_until)
    return max(0.0, (due_at - now).total_seconds())


def body_of(delivery: Delivery) -> bytes:
    """Return what is sent: the same bytes each time."""
    notice = delivery.notice
    told = {
        "type": delivery.kind,
        "timestamp": (notice or delivery).created_at.isoformat(),
        "data": notice.data if notice else {},
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _deliver(delivery: Delivery) -> None:
    at, started = clock.now(), time.monotonic()
    outcome = _send(delivery, at)
    _record(delivery, outcome, at, round((time.monotonic() - started) * 1000))


def _send(delivery: Delivery, at: datetime) -> Outcome:
    demand_no_transaction()
    endpoint, body = delivery.endpoint, body_of(delivery)
    try:
        targets.check_scheme(endpoint.url)
        signed = signing.headers(
            delivery.message_id, int(at.timestamp()), body, endpoint.secrets_at(at)
        )
        sent = {
            "Content-Type": "application/json",
            "User-Agent": "CloudPilot",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        request = Request("POST", endpoint.url, headers=sent | signed, data=body).prepare()
        answer = exchange(request, Deadline(SECONDS), check=targets.check, reads_body=False)
    except DomainError as refused:  # by us: where it points, or that its secret does not open
        return Outcome(failure=refused.code)
    except Failed as failed:
        if failed.is_late:
            return Outcome(failure="timeout")
        return Outcome(failure="no_answer" if failed.was_sent else "unreachable")
    if answer.is_ok:
        return Outcome(answer.status)
    failure = "redirected" if 300 <= answer.status < 400 else "refused"
    return Outcome(answer.status, failure, retry_after(answer) or 0.0)


@transaction.atomic
def _record(delivery: Delivery, outcome: Outcome, at: datetime, duration_ms: int) -> None:
    # It may be gone by now, or have been switched off, or another worker may have been quicker.
    endpoint = Endpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    row = Delivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or row is None:
        return
    row.attempts += 1
    DeliveryAttempt.objects.create(
        delivery=row,
        number=row.attempts,
        at=at,
        duration_ms=duration_ms,
        status=outcome.status,
        failure=outcome.failure,
    )
    now = clock.now()
    if not outcome.failure:
        row.state, row.ended_at = Delivery.State.DELIVERED, now
    elif row.state == Delivery.State.WAITING:
        _go_down_the_ladder(row, outcome, now)
    row.save()
    if not row.is_ping and endpoint.is_active:
        _note_health(endpoint, outcome, now)


def _go_down_the_ladder(row: Delivery, outcome: Outcome, now: datetime) -> None:
    is_last = row.is_ping or row.step >= len(LADDER)
    if is_last or outcome.status == HTTPStatus.GONE:
        row.state, row.ended_at = Delivery.State.FAILED, now
        return
    wait = LADDER[row.step] * uniform(1, 1 + _JITTER)  # noqa: S311
    row.due_at = now + timedelta(seconds=max(wait, outcome.retry_after))
    row.step += 1


def _note_health(endpoint: Endpoint, outcome: Outcome, now: datetime) -> None:
    if not outcome.failure:
        listeners.note_success(endpoint)
    elif outcome.status == HTTPStatus.GONE:
        endpoint.last_failure = outcome.failure
        listeners.switch_off(endpoint, Listener.Ended.GONE)
    else:
        listeners.note_failure(endpoint, outcome.failure, now, retry_after=outcome.retry_after)


# --- What members ask for -------------------------------------------------------------------


def narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    """Keep the deliveries that a valid filter means."""
    if "endpoint" in wanted:
        rows = rows.filter(endpoint__public_id=wanted["endpoint"])
    if "payment" in wanted:
        rows = rows.filter(notice__payment__public_id=wanted["payment"])
    if "state" in wanted:
        rows = rows.filter(state=wanted["state"])
    return rows


def ping(endpoint: Endpoint) -> Delivery:
    """Send an endpoint something that means nothing, once, even if it is switched off."""
    now = clock.now()
    delivery = Delivery.objects.create(
        company_id=endpoint.company_id,
        endpoint=endpoint,
        message_id=public_id("MSG", 24),
        kind=PING,
        due_at=now,
        created_at=now,
    )
    tasks.ask_to_serve(endpoint)
    return delivery


@transaction.atomic
def replay(delivery: Delivery) -> Delivery:
    """Send it now, whatever became of it before, and again as a new one would be."""
    endpoint = _active(delivery.endpoint_id)
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    _queue_again(Delivery.objects.filter(pk=row.pk), endpoint)
    row.refresh_from_db()
    return row


@transaction.atomic
def replay_failed(endpoint: Endpoint, since: datetime) -> int:
    """Send all that failed of what came up since then; answers how many those are."""
    endpoint = _active(endpoint.pk)
    failed = endpoint.deliveries.filter(
        state=Delivery.State.FAILED, created_at__gte=since, notice__isnull=False
    )
    return _queue_again(failed, endpoint)


def _active(endpoint_id: int) -> Endpoint:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    if not endpoint.is_active:
        raise EndpointInactive("The endpoint is switched off; switch it on first.")
    return endpoint


def _queue_again(rows: Any, endpoint: Endpoint) -> int:
    number: int = rows.update(
        state=Delivery.State.WAITING, step=0, due_at=clock.now(), ended_at=None
    )
    if number:
        tasks.ask_to_serve(endpoint)
    return number
