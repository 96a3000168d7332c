"""What the clock alone brings about: vouchers begin and end here, whatever any router thinks.

A voucher's `due_at` is when that happens next. What it allows is decided wherever it is asked for,
to the second; the sweep tells the routers.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from hotspot import services
from hotspot.models import Voucher

_AT_ONCE = 5000


def sweep(now: datetime) -> int:
    """End what is over at `now` and begin what is due; answers how many vouchers that was.

    Two sweeps at once do it once, and what is extended or paused meanwhile is left alone.
    """
    total = 0
    while count := _sweep_some(now):
        total += count
    return total


def _sweep_some(now: datetime) -> int:
    due = Voucher.objects.filter(due_at__lte=now, paused_at=None, revoked_at=None)
    with transaction.atomic():
        some = due.filter(
            pk__in=list(due.order_by("due_at").values_list("pk", flat=True)[:_AT_ONCE])
        )
        some = due.filter(pk__in=some.lock())
        routers = set(some.order_by().values_list("router_id", flat=True).distinct())
        ended = some.filter(expires_at__lte=now).update(ended_at=now, due_at=None)
        begun = some.update(due_at=F("expires_at"))
        if routers:
            services.tell(routers)
    return ended + begun
