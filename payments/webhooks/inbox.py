"""What providers send, kept before it is answered: nothing here asks anybody anything."""

import json
import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import connection
from django.utils import timezone

from cloudpilot.crypto import SealedField
from cloudpilot.prepared import ready_cursor
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
    pk, state_now = _keep(sender, event.key, delivery, state)
    if state_now == _State.RECEIVED:
        # After the commit: a job that is still queued then will see the event, and one that is
        # running may not have.
        tasks.ask_to_process(sender.credentials, pk)


def delivery_of(event: WebhookEvent) -> Delivery:
    """Return a kept webhook as it came."""
    return Delivery(
        headers=event.headers, query=event.query, body=(event.body or "").encode(_BYTES)
    )


def _keep(
    sender: Sender, key: str, delivery: Delivery, state: str, reason: str = ""
) -> tuple[int, str]:
    """Add the event or count one more delivery, in one statement; answers its id and its state.

    One that had come to nothing is given another chance by the provider's sending it again.
    """
    adapt = connection.ops.adapt_datetimefield_value
    kept = providers.gateway_of(sender.provider).without_secrets(delivery)
    values: dict[str, Any] = {
        "credentials": sender.credentials,
        "key": key,
        "headers": json.dumps(_kept(delivery.headers)),
        "query": json.dumps(dict(delivery.query)),
        "body": _BODY.seal_for(key, kept.decode(_BYTES)),
        "state": state,
        "reason": reason,
        "now": adapt(timezone.now()),
    }
    table = connection.ops.quote_name(WebhookEvent._meta.db_table)
    with ready_cursor(connection) as cursor:
        cursor.execute(_KEEP.format(table=table), values)
        pk, state_now = cursor.fetchone()
    return pk, state_now


_AGAIN = f"(event.state = 'dead' OR event.reason = '{NO_PAYMENT}') AND event.body IS NOT NULL"
_KEEP = f"""
    INSERT INTO {{table}} AS event
        (credentials_id, key, headers, query, body, state, reason, attempts, deliveries, due_at,
         received_at)
    VALUES
        (%(credentials)s, %(key)s, %(headers)s, %(query)s, %(body)s, %(state)s, %(reason)s, 0, 1,
         %(now)s, %(now)s)
    ON CONFLICT (credentials_id, key) DO UPDATE SET
        deliveries = event.deliveries + 1,
        state = CASE WHEN {_AGAIN} THEN excluded.state ELSE event.state END,
        reason = CASE WHEN {_AGAIN} THEN excluded.reason ELSE event.reason END,
        attempts = CASE WHEN {_AGAIN} THEN 0 ELSE event.attempts END,
        due_at = CASE WHEN {_AGAIN} THEN excluded.due_at ELSE event.due_at END
    RETURNING id, state
"""  # noqa: S608 - words of our own


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _KEPT_HEADERS & headers.keys()}


def _fields(sender: Sender) -> dict[str, object]:
    return {"fields": {"provider": sender.provider, "credentials": sender.credentials}}
