"""What providers send, kept before it is answered: nothing here asks anybody anything."""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from django.db import DataError, IntegrityError, connection
from django.utils import timezone

from cloudpilot.crypto import SealedField
from cloudpilot.prepared import ready_cursor
from cloudpilot.together import together
from payments import providers
from payments.gateways.base import Delivery, Topic
from payments.gateways.errors import BadWebhook
from payments.models import WebhookEvent
from payments.webhooks import silence, tasks
from payments.webhooks.senders import Sender

log = logging.getLogger("cloudpilot.webhooks")

NO_PAYMENT = "no_payment"
_State = WebhookEvent.State
_BODY: SealedField = WebhookEvent._meta.get_field("body")
_BYTES = "latin-1"  # the encoding in which any bytes are a text, and that text those bytes
# What a signature was made of, and what tells kinds of events apart. No header of ours or of a
# proxy is kept.
_KEPT_HEADERS = {
    "content-type", "digest", "user-agent", "x-kopokopo-signature", "x-request-id", "x-signature",
}  # fmt: skip


def receive(sender: Sender, delivery: Delivery) -> None:
    """Keep a webhook whose sender was checked, and have it dealt with; the same again is counted.

    When this returns, the event is in the database. Raises `BadWebhook` for one that cannot be
    read, which is kept all the same, for a person to look at.
    """
    silence.heard_of(sender)
    gateway = providers.gateway_of(sender.provider)
    try:
        event = gateway.read_webhook(delivery)
    except BadWebhook:
        log.error("A webhook of %s cannot be read", sender.provider, extra=_fields(sender))
        key = f"unreadable:{sha256(delivery.body).hexdigest()}"
        _keep(sender, key, delivery, _State.DEAD, "unreadable")
        raise
    state = _State.IGNORED if event.topic is Topic.OTHER else _State.RECEIVED
    _keep(sender, event.key, delivery, state)


def delivery_of(event: WebhookEvent) -> Delivery:
    """Return a kept webhook as it came."""
    return Delivery(
        headers=event.headers, query=event.query, body=(event.body or "").encode(_BYTES)
    )


def _keep(sender: Sender, key: str, delivery: Delivery, state: str, reason: str = "") -> None:
    """Add the event or count one more delivery, and have it dealt with if it is to be.

    One that had come to nothing is given another chance by the provider's sending it again.
    """
    kept = providers.gateway_of(sender.provider).without_secrets(delivery)
    arrival = _Arrival(
        credentials=sender.credentials,
        key=key,
        headers=json.dumps(_kept(delivery.headers)),
        query=json.dumps(dict(delivery.query)),
        body=_BODY.seal_for(key, kept.decode(_BYTES)),
        state=state,
        reason=reason,
    )
    _take_in(arrival)


class _Arrival(NamedTuple):
    credentials: int
    key: str
    headers: str
    query: str
    body: str
    state: str
    reason: str


@together(apart=(DataError, IntegrityError))
def _take_in(arrivals: Sequence[_Arrival]) -> Sequence[None]:
    """Keep what came at the same time, in one statement; a commit for each would take longer."""
    # In one order, so that of two processes with events in common one waits for the other.
    events = sorted({(new.credentials, new.key): new for new in arrivals}.items())
    times = Counter((new.credentials, new.key) for new in arrivals)
    adapt = connection.ops.adapt_datetimefield_value
    now = adapt(timezone.now())
    rows = [(*new, times[event], now, now) for event, new in events]
    with ready_cursor(connection) as cursor:
        cursor.execute(_keep_sql(len(rows)), [value for row in rows for value in row])
        found = cursor.fetchall()
    # After the commit: a job that is still queued then will see the event, and one that is
    # running may not have.
    tasks.ask_to_process((account, pk) for account, pk, state in found if state == _State.RECEIVED)
    return [None] * len(arrivals)


@cache
def _keep_sql(rows: int) -> str:
    table = connection.ops.quote_name(WebhookEvent._meta.db_table)
    return _KEEP.format(table=table, rows=", ".join([_ROW] * rows))


_AGAIN = f"(event.state = 'dead' OR event.reason = '{NO_PAYMENT}') AND event.body IS NOT NULL"
_ROW = "(%s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s)"
_KEEP = f"""
    INSERT INTO {{table}} AS event
        (credentials_id, key, headers, query, body, state, reason, attempts, deliveries, due_at,
         received_at)
    VALUES {{rows}}
    ON CONFLICT (credentials_id, key) DO UPDATE SET
        deliveries = event.deliveries + excluded.deliveries,
        state = CASE WHEN {_AGAIN} THEN excluded.state ELSE event.state END,
        reason = CASE WHEN {_AGAIN} THEN excluded.reason ELSE event.reason END,
        attempts = CASE WHEN {_AGAIN} THEN 0 ELSE event.attempts END,
        due_at = CASE WHEN {_AGAIN} THEN excluded.due_at ELSE event.due_at END
    RETURNING credentials_id, id, state
"""  # noqa: S608 - words of our own


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _KEPT_HEADERS & headers.keys()}


def _fields(sender: Sender) -> dict[str, object]:
    return {"fields": {"provider": sender.provider, "credentials": sender.credentials}}
