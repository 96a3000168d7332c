"""Two sweeps: one of the routers that answer, every minute, and one with patience for the others.

A router that does not answer the first in its usual time costs it no more than that: it is left to
the second, which alone decides that it is away.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from routers import events
from routers.fleet import samples
from routers.fleet.asking import Finding, Outcome, ask_all, ask_briefly, ask_patiently
from routers.fleet.judging import judge
from routers.models import Router, RouterEvent, RouterStatus
from routers.reconcile import services as reconcile

_PLACES_OF_FLEET = 64
_PLACES_OF_SILENT = 64
_BATCH = 500
_WRITTEN = (
    "checked_at", "last_seen", "next_check_at", "is_up", "misses", "announced", "turned_at",
    "reason", "version", "board_name", "uptime", "cpu_load", "free_memory", "total_memory",
)  # fmt: skip


def sweep_fleet() -> dict[str, int]:
    """Ask every router that answered the last time; say how many were asked, and were late."""
    late: list[int] = []
    routers = Router.objects.expected_to_answer()
    asked = 0
    for findings in ask_all(routers, ask_briefly, _PLACES_OF_FLEET):
        asked += len(findings)
        late += [f.router.pk for f in findings if f.outcome is Outcome.LATE]
        store(findings)
    _hand_over(late)
    _count_the_absent()
    return {"asked": asked, "late": len(late)}


def sweep_silent() -> dict[str, int]:
    """Ask the routers that did not answer, or never have, and whose time has come."""
    asked = answered = 0
    routers = Router.objects.due_for_patience(timezone.now())
    for findings in ask_all(routers, ask_patiently, _PLACES_OF_SILENT):
        asked += len(findings)
        answered += sum(f.outcome is Outcome.ANSWERED for f in findings)
        store(findings)
    return {"asked": asked, "answered": answered}


def look_anew(router: Router) -> None:
    """Forget how a router was that is now to be found elsewhere, and ask it soon."""
    RouterStatus.objects.filter(router=router).update(
        next_check_at=timezone.now(), is_up=None, misses=0, turned_at=[], reason="", uptime=""
    )


def ask_soon(router: Router) -> None:
    """Have a router asked that was to be asked later: somebody has just heard from it."""
    now = timezone.now()
    RouterStatus.objects.filter(router=router, next_check_at__gt=now).update(next_check_at=now)


def store(findings: Iterable[Finding]) -> None:
    """Write down what a sweep found, and what follows from it.

    A router that was changed or deleted meanwhile keeps what it has: it was another that was
    asked. So does one that somebody else has asked since.
    """
    telling = {f.router.pk: f for f in findings if f.outcome in (Outcome.ANSWERED, Outcome.MISSED)}
    with transaction.atomic():
        asked = _still_as_asked(telling)
        statuses = _statuses_of(asked)
        news = [f for f in asked if not _is_old_news(statuses[f.router.pk], f)]
        # Of one that has missed before, each sweep of the fleet counts a check; see below.
        samples.add(f for f in news if not statuses[f.router.pk].misses)
        were_up = {pk for pk, status in statuses.items() if status.is_up}
        happened: list[RouterEvent] = []
        for finding in news:
            happened += _judged(statuses[finding.router.pk], finding)
        _write([statuses[finding.router.pk] for finding in news])
        events.record_all(happened)
        for pk, status in statuses.items():
            if status.is_up and pk not in were_up:
                reconcile.router_is_back(pk)


def _still_as_asked(telling: dict[int, Finding]) -> list[Finding]:
    """Lock the routers that were asked, and return the findings on those that are as they were."""
    rows = Router.objects.select_for_update(no_key=True).filter(pk__in=telling).order_by("pk")
    return [
        telling[pk]
        for pk, updated_at in rows.values_list("pk", "updated_at")
        if telling[pk].router.updated_at == updated_at
    ]


def _statuses_of(findings: Sequence[Finding]) -> dict[int, RouterStatus]:
    ids = [finding.router.pk for finding in findings]
    known = RouterStatus.objects.in_bulk(ids)
    return {pk: known.get(pk) or RouterStatus(router_id=pk) for pk in ids}


def _is_old_news(status: RouterStatus, finding: Finding) -> bool:
    """Whether another sweep, at the same time, has heard or not heard the same."""
    was_due = status.next_check_at is None or status.next_check_at <= finding.asked_at
    if finding.outcome is Outcome.MISSED and not was_due:
        return True
    return status.checked_at is not None and status.checked_at > finding.asked_at


def _judged(status: RouterStatus, finding: Finding) -> list[RouterEvent]:
    return [
        RouterEvent(
            company_id=finding.router.company_id,
            router_id=finding.router.pk,
            kind=kind,
            at=finding.heard_at,
            details=details,
        )
        for kind, details in judge(status, finding)
    ]


def _write(statuses: Sequence[RouterStatus]) -> None:
    RouterStatus.objects.bulk_create(
        statuses, update_conflicts=True, unique_fields=["router"], update_fields=_WRITTEN
    )
    if not statuses:
        return
    checked_at = max(status.checked_at for status in statuses if status.checked_at)
    # By `update`, which leaves `updated_at`: nobody changed these routers.
    for is_up, known in ((True, {"is_online": True}), (False, {"is_online": False}), (None, {})):
        ids = [status.router_id for status in statuses if _shown(status) is is_up]
        if ids:
            Router.objects.filter(pk__in=ids).update(last_checked=checked_at, **known)


def _shown(status: RouterStatus) -> bool | None:
    """Return what to show of a router; None after a first miss, which changes nothing."""
    return None if status.is_up and status.misses else status.is_up


def _hand_over(late: Sequence[int]) -> None:
    now = timezone.now()
    for first in range(0, len(late), _BATCH):
        unasked = RouterStatus.objects.filter(
            router__in=late[first : first + _BATCH], next_check_at=None
        )
        unasked.update(next_check_at=now)


def _count_the_absent() -> None:
    """Count one check without an answer for each router that is known to be away.

    It is asked more seldom than once a minute, and its history would else hold too few checks of
    the time that it was away.
    """
    now = timezone.now()
    away = RouterStatus.objects.filter(misses__gt=0, router__is_active=True)
    ids = sorted(away.values_list("router_id", flat=True))
    for first in range(0, len(ids), _BATCH):
        with transaction.atomic():
            samples.add_absences(samples.lock(ids[first : first + _BATCH]), now)
