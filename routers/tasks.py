"""What is done about routers when nobody waits for it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from cloudpilot import jobs
from routers import events
from routers.errors import RouterBeingWritten
from routers.fleet import samples, sweeps
from routers.models import Router

_SECONDS_TO_ANOTHERS_END = 10.0


# A router may be away for weeks, and is still to be put right when it comes back.
@jobs.task(max_attempts=None, backoff=jobs.Backoff(first=2, factor=2.2, cap=300))
def reconcile_router(*, router: int) -> Any:
    """Make one pass over a router, unless it is gone or switched off."""
    from routers.reconcile import services

    row = Router.objects.filter(pk=router, is_active=True).first()
    if row is None:
        return None
    try:
        return services.reconcile(row).as_json()
    except RouterBeingWritten as exc:
        raise jobs.Retry(after=_SECONDS_TO_ANOTHERS_END, count=False) from exc


@jobs.every(seconds=30)
@jobs.task(max_attempts=1)
def sweep_dirty() -> int:
    """Queue the passes that are due, those first whose time came first."""
    from routers import keys
    from routers.reconcile import services

    keys.notice_expired()
    return services.sweep()


# --- The fleet ------------------------------------------------------------------------------


@jobs.every(seconds=15)
@jobs.task(max_attempts=1)
def sweep_silent() -> dict[str, int]:
    return sweeps.sweep_silent()


@jobs.every(seconds=60)
@jobs.task(max_attempts=1)
def sweep_fleet() -> dict[str, int]:
    found = sweeps.sweep_fleet()
    if found["late"]:
        jobs.hurry(sweep_silent)
    return found


@jobs.every(seconds=600)
@jobs.task()
def age_samples() -> None:
    now = timezone.now()
    samples.roll_up(now)
    samples.prune(now)


@jobs.every(seconds=86_400)
@jobs.task()
def forget_old_events() -> None:
    events.forget_before(timezone.now() - timedelta(days=400))
