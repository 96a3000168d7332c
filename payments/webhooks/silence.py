"""Noticing that a provider's webhooks do not come: they were never set up, or were switched off.

Payments go on without them, found out by asking, but slower. So nobody would notice otherwise.
"""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from payments.models import Credentials
from payments.webhooks import senders
from payments.webhooks.senders import Sender

log = logging.getLogger("cloudpilot.webhooks")

# So many payments found out by asking, and not one webhook since the first of them: no accident.
SUSPICIOUS = 5
_NOTED_EVERY = timedelta(seconds=60)


def heard_of(sender: Sender) -> None:
    """Note that a genuine webhook came; not each time, or all of an account would wait in line."""
    now = timezone.now()
    is_news = sender.webhook_at is None or sender.webhook_at < now - _NOTED_EVERY
    if is_news or sender.unheard:
        Credentials.objects.filter(pk=sender.credentials).update(webhook_at=now, unheard=0)
        senders.forget(sender)


def paid_unheard(credentials: int) -> None:
    """Note that a payment was found paid by asking, and not by a webhook."""
    row = Credentials.objects.filter(pk=credentials)
    row.update(unheard=F("unheard") + 1)
    if row.filter(unheard=SUSPICIOUS).exists():
        fields = {"credentials": credentials}
        log.error("The webhooks of an account do not come", extra={"fields": fields})
