"""One writer per router, across processes and machines, by a lease on its `Reconciliation` row.

A holder that is paused or cut off sends nothing once its lease is over: each window of commands
begins by renewing the lease, and has a deadline that ends before the lease does. What it had
sent by then may still arrive late, so whoever takes over a lease that was not given back makes
a second pass (`Lease.is_takeover`).
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from routers.errors import LeaseLost, RouterBeingWritten
from routers.models import Reconciliation
from routers.routeros import Deadline

# So much of a lease is left unused, for the router to carry out what was sent last.
_MARGIN = 1 / 4


@dataclass(frozen=True)
class Lease:
    """The right to write to a router, for as long as it is renewed."""

    router_id: int
    holder: str  # no two leases have the same: it is what fences off those before
    is_takeover: bool  # whoever had it before never gave it back

    def window(self) -> Deadline:
        """Renew the lease, and return by when commands must be over. Raises `LeaseLost`."""
        # Begun before the lease is, so that it ends before it whatever holds us up in between.
        deadline = Deadline(settings.RECONCILE_LEASE_SECONDS * (1 - _MARGIN))
        self.update(lease_until=_end_of_lease())
        return deadline

    def update(self, **columns: Any) -> None:
        """Write columns of the router's `Reconciliation`. Raises `LeaseLost`, and writes nothing."""
        held = Reconciliation.objects.filter(pk=self.router_id, holder=self.holder)
        if not held.update(**columns):
            raise LeaseLost("Another process writes to this router now.")


@contextmanager
def held(router_id: int) -> Iterator[Lease]:
    """Be the only one who writes to a router within the block. Raises `RouterBeingWritten`."""
    lease = _acquire(router_id)
    try:
        yield lease
    finally:
        Reconciliation.objects.filter(pk=router_id, holder=lease.holder).update(
            holder="", lease_until=None
        )


def _acquire(router_id: int) -> Lease:
    holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    row = Reconciliation.objects.filter(pk=router_id)
    taken = {"holder": holder, "lease_until": _end_of_lease()}
    if row.filter(holder="").update(**taken):
        return Lease(router_id, holder, is_takeover=False)
    # The database's clock decides, for it is the only one that all processes share.
    if row.filter(lease_until__lt=Now()).update(**taken):
        return Lease(router_id, holder, is_takeover=True)
    raise RouterBeingWritten("Another process is writing to this router.")


def _end_of_lease() -> Any:
    return Now() + timedelta(seconds=settings.RECONCILE_LEASE_SECONDS)
