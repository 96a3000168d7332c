"""What came in and went out, by day: sums of the ledger and of nothing else."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from payments.models import LedgerEntry

_GROUP = ("currency", "provider", "environment")
_Kind = LedgerEntry.Kind


def entries_of(
    companies: Sequence[int], first: date, last: date, zone: ZoneInfo, router: int | None = None
) -> QuerySet[LedgerEntry]:
    """Return the ledger of whole days, as they are in `zone`, both included."""
    since = datetime.combine(first, time.min, zone)
    until = datetime.combine(last + timedelta(days=1), time.min, zone)
    found = LedgerEntry.objects.filter(
        company__in=companies, created_at__gte=since, created_at__lt=until
    )
    return found if router is None else found.filter(router=router)


def by_day(entries: QuerySet[LedgerEntry], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return sums in minor units for each day, currency, provider and environment with any entry."""
    days = entries.annotate(day=TruncDate("created_at", tzinfo=zone)).values("day", *_GROUP)
    return list(_summed(days).order_by("-day", *_GROUP))


def in_all(entries: QuerySet[LedgerEntry]) -> list[dict[str, Any]]:
    """Return the same sums over all of the days."""
    return list(_summed(entries.values(*_GROUP)).order_by(*_GROUP))


def _summed(groups: Any) -> Any:
    return groups.annotate(
        payments=Count("payment", distinct=True, filter=Q(kind=_Kind.RECEIVED)),
        received=_sum(_Kind.RECEIVED),
        refunded=_sum(_Kind.REFUNDED),
        taken_back=_sum(_Kind.TAKEN_BACK),
        given_again=_sum(_Kind.GIVEN_AGAIN),
        net=Coalesce(Sum("amount"), 0),
    )


def _sum(kind: str) -> Coalesce:
    return Coalesce(Sum("amount", filter=Q(kind=kind)), 0)
