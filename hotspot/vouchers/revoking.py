"""Revoking as many vouchers as a filter means: at once, or in a job if that takes long."""

from typing import Any

from django.db import transaction

from cloudpilot import jobs
from cloudpilot.jobs import Job, Running
from cloudpilot.tenancy import Role, demand_role
from hotspot import services, tasks
from hotspot.models import Voucher
from hotspot.querysets import VoucherQuerySet
from hotspot.vouchers.filters import RevokeManySerializer, narrowed

# So many are revoked while somebody waits; and in one transaction.
MOST_AT_ONCE = 5_000
_CHUNK = 1_000


def revoke(user: Any, wanted: dict[str, Any]) -> tuple[int, Job | None]:
    """Revoke what a valid filter means in the companies where `user` may change things.

    Answers how many were revoked, or the job that will do it. Raises `RoleTooLow` if there are
    some, and the caller may change none.
    """
    roles = [role for role in Role if role.covers(Role.OPERATOR)]
    companies = list(user.memberships.filter(role__in=roles).values_list("company", flat=True))
    meant = _meant(companies, wanted)
    with transaction.atomic():
        if meant.filter(revoked_at=None)[MOST_AT_ONCE : MOST_AT_ONCE + 1].exists():
            arguments = {"companies": companies, "filter": RevokeManySerializer(wanted).data}
            company = companies[0] if len(companies) == 1 else None
            return 0, jobs.enqueue(tasks.revoke_vouchers, arguments, company=company)
        count = services.revoke_some(meant, MOST_AT_ONCE)
        if not count:
            _demand_that_nothing_is_withheld(user, wanted)
        return count, None


def _demand_that_nothing_is_withheld(user: Any, wanted: dict[str, Any]) -> None:
    """Raise `RoleTooLow` if there are such vouchers, but only where `user` may not change them."""
    seen = narrowed(Voucher.objects.visible_to(user), wanted).filter(revoked_at=None).first()
    if seen:
        demand_role(user, seen.company_id, Role.OPERATOR)


def revoke_all(companies: list[int], filter_sent: dict[str, Any], running: Running) -> int:
    """Revoke a part at a time, until nothing is left or somebody calls it off."""
    serializer = RevokeManySerializer(data=filter_sent)
    serializer.is_valid(raise_exception=True)
    left = _meant(companies, serializer.validated_data).filter(revoked_at=None)
    total, done = left.count(), 0
    while not running.cancelled() and (count := services.revoke_some(left, _CHUNK)):
        done += count
        running.progress(done, total)
    return done


def _meant(companies: list[int], wanted: dict[str, Any]) -> VoucherQuerySet:
    return narrowed(Voucher.objects.filter(company__in=companies), wanted)
