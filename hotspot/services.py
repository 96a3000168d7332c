"""What people do to packages and vouchers. Routers follow by desired state, and are never waited for."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from hotspot import tasks
from hotspot.errors import (
    ExtendedTooFar,
    NothingToExtend,
    VoucherEnded,
    VoucherNotPaused,
    VoucherPaused,
)
from hotspot.models import Package, Voucher
from hotspot.querysets import VoucherQuerySet
from hotspot.states import LIVE, State
from routers.reconcile.services import mark_dirty

# However often a voucher is extended: a century, and what a router can count.
_MOST: Final[dict[str, Any]] = {
    "lifetime": timedelta(days=36_525),
    "time_limit": timedelta(days=36_525),
    "data_limit": 2**60,
}


def delete_package(package: Package) -> bool:
    """Delete a package that sold nothing, retire one that did; answers whether it is gone.

    A retired one is sold no more; the vouchers that were sold stay good.
    """
    with transaction.atomic():
        # Whoever makes a voucher of it holds the row, so none can come in between.
        package = Package.objects.select_for_update().get(pk=package.pk)
        sold = package.has_sold()
        if sold:
            package.retired_at = timezone.now()
            package.is_active = False
            package.save(update_fields=["retired_at", "is_active", "updated_at"])
        else:
            package.delete()
        mark_dirty([package.router_id])
    return not sold


def revoke(voucher: Voucher) -> Voucher:
    """End a voucher for good: nobody gets in with it, and whoever is in is put out.

    Raises `VoucherEnded` if it has been revoked before.
    """
    with transaction.atomic():
        voucher = _locked(voucher)
        if voucher.revoked_at:
            raise VoucherEnded("The voucher is revoked already.")
        return _save(voucher, revoked_at=timezone.now())


def revoke_some(vouchers: VoucherQuerySet, most: int) -> int:
    """Revoke up to `most` of a queryset that are not revoked yet; answers how many those were."""
    now = timezone.now()
    with transaction.atomic():
        found = vouchers.filter(revoked_at=None).order_by("pk")[:most]
        rows = dict(found.values_list("pk", "router_id"))
        Voucher.objects.filter(pk__in=rows).lock()
        # Again only those that nobody has revoked meanwhile.
        count = Voucher.objects.filter(pk__in=rows, revoked_at=None).update(
            revoked_at=now, due_at=None, updated_at=now
        )
        tell(rows.values())
    return count


def pause(voucher: Voucher) -> Voucher:
    """Put a voucher aside: its time stands still until `resume`. Raises `VoucherEnded`."""
    now = timezone.now()
    with transaction.atomic():
        voucher = _locked(voucher)
        state = voucher.state_at(now)
        if state == State.PAUSED:
            raise VoucherPaused("The voucher is paused already.")
        if state not in LIVE:
            raise VoucherEnded("The voucher is over.")
        return _save(voucher, paused_at=now)


def resume(voucher: Voucher) -> Voucher:
    """Let a paused voucher go on, with as much time left as it had. Raises `VoucherNotPaused`."""
    now = timezone.now()
    with transaction.atomic():
        voucher = _locked(voucher)
        if voucher.state_at(now) != State.PAUSED or voucher.paused_at is None:
            raise VoucherNotPaused("The voucher is not paused.")
        expires_at = voucher.expires_at and voucher.expires_at + (now - voucher.paused_at)
        return _save(voucher, paused_at=None, expires_at=expires_at)


def extend(
    voucher: Voucher, *, lifetime: timedelta, time_limit: timedelta, data_limit: int
) -> Voucher:
    """Add to what a voucher allows. One that has ended counts from now, and is good again.

    A guest who is online notices from the next login on: a router fixes limits at login.
    Raises `VoucherEnded` if it is revoked, `NothingToExtend` for a limit that it does not have, and
    `ExtendedTooFar`.
    """
    now = timezone.now()
    with transaction.atomic():
        voucher = _locked(voucher)
        if voucher.revoked_at:
            raise VoucherEnded("The voucher is revoked.")
        more = {"lifetime": lifetime, "time_limit": time_limit, "data_limit": data_limit}
        added = {name: _sum(voucher, name, amount) for name, amount in more.items() if amount}
        if lifetime and voucher.expires_at:
            clock = voucher.paused_at or now
            added["expires_at"] = max(voucher.expires_at, clock) + lifetime
        return _save(voucher, **added)


def _sum(voucher: Voucher, name: str, amount: Any) -> Any:
    limit, words = getattr(voucher, name), name.replace("_", " ")
    if limit is None:
        raise NothingToExtend(f"The voucher has no {words}.")
    if limit + amount > _MOST[name]:
        raise ExtendedTooFar(f"The voucher's {words} would be too high.")
    return limit + amount


def move(voucher: Voucher, mac_address: str) -> Voucher:
    """Let a voucher be used from another device: this one alone, or any if empty.

    Whoever is online with it is put out. Raises `VoucherEnded`.
    """
    with transaction.atomic():
        voucher = _locked(voucher)
        if voucher.state_at(timezone.now()) not in LIVE:
            raise VoucherEnded("The voucher is over.")
        voucher = _save(voucher, bound_mac=mac_address, mac_address="")
        tasks.ask_to_put_out(voucher)
    return voucher


def tell(routers: Iterable[int]) -> None:
    """Let routers follow what has changed: their users first, then who is online."""
    routers = set(routers)
    mark_dirty(routers)
    tasks.ask_to_watch(routers)


def _locked(voucher: Voucher) -> Voucher:
    return Voucher.objects.select_for_update().get(pk=voucher.pk)


def _save(voucher: Voucher, **changes: Any) -> Voucher:
    """Write the changes and what follows from them for the clock and for the router."""
    now = timezone.now()
    for name, value in changes.items():
        setattr(voucher, name, value)
    voucher.updated_at = now
    voucher.ended_at = voucher.ended_at if voucher.state_at(now) not in LIVE else None
    voucher.due_at = voucher.next_due(now)
    voucher.save(update_fields=[*changes, "updated_at", "ended_at", "due_at"])
    tell([voucher.router_id])
    return voucher
