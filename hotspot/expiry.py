"""What the clock alone brings about: vouchers begin and end here, whatever any router thinks.

A voucher's `due_at` is when that happens next. What it allows is decided wherever it is asked for,
to the second; the sweep tells the routers.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from hotspot import services
from hotspot.models import Voucher


def sweep(now: datetime) -> int:
    """End what is over at `now` and begin what is due; answers how many vouchers that was.

    Each is one conditional update, so two sweeps at once do it once, and what is extended or
    paused meanwhile is left alone.
    """
    due = Voucher.objects.filter(due_at__lte=now, paused_at=None, revoked_at=None)
    with transaction.atomic():
        routers = list(due.order_by().values_list("router_id", flat=True).distinct())
        ended = due.filter(expires_at__lte=now).update(ended_at=now, due_at=None)
        begun = due.filter(due_at__lte=now).update(due_at=F("expires_at"))
        if routers:
            services.tell(routers)
    return ended + begun
