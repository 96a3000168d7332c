"""What is done about guests when nobody waits for it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.errors import Unavailable
from hotspot.models import Voucher
from routers.models import Router

# Nobody is to be online for more than a minute past the end: a look must find it and act by then.
WATCH_SECONDS = 30
EXPIRY_SECONDS = 5


@jobs.every(seconds=EXPIRY_SECONDS)
@jobs.task(max_attempts=1)
def expire_vouchers() -> int:
    """Take off what is over by the clock, and put on what begins."""
    from hotspot import expiry

    return expiry.sweep(timezone.now())


@jobs.every(seconds=WATCH_SECONDS)
@jobs.task(max_attempts=1)
def watch_all() -> dict[str, int]:
    """Look at every router on which somebody could be online with a voucher.

    One job for all: a row for each look would fill the table.
    """
    from hotspot import watching

    return watching.watch_all()


@jobs.every(seconds=3600)
@jobs.task()
def forget_old_logins() -> dict[str, int]:
    """Delete what is known of guests who were online longer ago than `LOGINS_KEPT_DAYS`."""
    from hotspot import retention

    return retention.forget_before(timezone.now() - timedelta(days=settings.LOGINS_KEPT_DAYS))


@jobs.task(max_attempts=1)  # the next look comes anyway
def watch_router(*, router: int) -> str | None:
    """See who is online at a router, count what they use, and put out who should not be."""
    from hotspot import watching

    row = Router.objects.filter(pk=router, is_active=True).first()
    if row is None:
        return None
    try:
        watching.watch(row)
    except Unavailable as exc:
        return exc.code
    return "seen"


# However long the router is away: a session on the old device would outlast it.
@jobs.task(max_attempts=None)
def put_out(*, voucher: int) -> None:
    """End all sessions of a voucher, so that it can be used from another device."""
    from hotspot import watching
    from hotspot.live import Unwanted

    row = Voucher.objects.select_related("router").filter(pk=voucher).first()
    if row is not None and row.router.is_active:
        watching.put_out(row.router, [Unwanted(row.code)])


@jobs.task(max_attempts=5)
def revoke_vouchers(*, companies: list[int], filter: dict[str, Any]) -> dict[str, int]:
    """Revoke what a filter means, a part at a time; run again, it goes on with what is left."""
    from hotspot.vouchers import revoking

    return {"revoked": revoking.revoke_all(companies, filter, jobs.current())}


def ask_to_watch(routers: Iterable[int]) -> None:
    """Queue a look at these routers, by primary key, in the caller's transaction."""
    rows = Router.objects.filter(pk__in=routers, is_active=True).order_by("pk")
    with transaction.atomic():
        for router, company in rows.values_list("pk", "company_id"):
            jobs.enqueue(
                watch_router,
                {"router": router},
                unique=f"watch:{router}",
                lock=f"router:{router}",
                company=company,
            )


def ask_to_put_out(voucher: Voucher) -> None:
    """Queue the end of a voucher's sessions, in the caller's transaction."""
    jobs.enqueue(
        put_out,
        {"voucher": voucher.pk},
        lock=f"router:{voucher.router_id}",
        company=voucher.company_id,
    )
