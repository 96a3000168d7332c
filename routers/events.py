"""What happened to routers: a row for their operators, and a line in the log for ours."""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from routers.models import Router, RouterEvent

_DELETED_AT_ONCE = 5000

log = logging.getLogger("cloudpilot.routers")


def record(router: Router, kind: RouterEvent.Kind, **details: Any) -> None:
    """Add an event to the router's history; `details` hold no secret.

    Call it in the transaction of what happened: both are stored, or neither is. The log hears of
    it once it is committed.
    """
    event = RouterEvent(
        company_id=router.company_id,
        router_id=router.pk,
        kind=kind,
        at=timezone.now(),
        details=details,
    )
    record_all([event])


def record_all(events: Iterable[RouterEvent]) -> None:
    """Add the events of many routers, as `record` does, in one statement."""
    for event in RouterEvent.objects.bulk_create(events):
        transaction.on_commit(partial(_write_line, event))


def forget_before(moment: datetime) -> None:
    """Delete older events, in slices, so that nobody waits long for the table."""
    old = RouterEvent.objects.filter(at__lt=moment)
    while old.filter(pk__in=old.order_by("pk").values("pk")[:_DELETED_AT_ONCE]).delete()[0]:
        pass


def _write_line(event: RouterEvent) -> None:
    fields = {"router": event.router_id, "company": event.company_id, "event": event.kind}
    log.info("router %s", event.kind, extra={"fields": {**fields, "details": event.details}})
