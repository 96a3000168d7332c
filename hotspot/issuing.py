"""Making vouchers: one, or ten thousand at once."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from cloudpilot.locks import hold
from hotspot import codes, copies
from hotspot.errors import CodeTaken, PackageRetired, VoucherEnded, VoucherInUse
from hotspot.models import Batch, Package, Voucher
from hotspot.states import LIVE
from routers.models import Router
from routers.reconcile.services import mark_dirty

MEGABYTE = 2**20


@dataclass(frozen=True)
class Terms:
    """What a voucher allows; None: no limit. Frozen on the voucher, whatever becomes of its package."""

    lifetime: timedelta | None = None
    time_limit: timedelta | None = None
    data_limit: int | None = None
    upload_limit: int | None = None
    download_limit: int | None = None
    upload_speed_mbps: int | None = None
    download_speed_mbps: int | None = None
    devices: int = 1
    from_first_login: bool = False  # or its lifetime runs from when it becomes valid


def terms_of(package: Package) -> Terms:
    """Return what a voucher of `package` that is made now allows."""
    minutes, megabytes = package.time_limit_minutes, package.data_limit_mb
    return Terms(
        lifetime=timedelta(hours=package.duration_hours),
        time_limit=None if minutes is None else timedelta(minutes=minutes),
        data_limit=None if megabytes is None else megabytes * MEGABYTE,
        upload_speed_mbps=package.upload_speed_mbps,
        download_speed_mbps=package.download_speed_mbps,
        devices=package.devices,
        from_first_login=package.valid_from == Package.ValidFrom.FIRST_LOGIN,
    )


def issue(
    router: Router,
    terms: Terms,
    *,
    source: Voucher.Source,
    package: Package | None = None,
    code: str = "",
    valid_from: datetime | None = None,
    sold_before: bool = False,
    **facts: Any,
) -> Voucher:
    """Make one voucher, with a code of its own unless one is asked for.

    `facts` are further columns: `password`, `full_name`, `bound_mac`. The router gets it once the
    caller's transaction commits. Raises `CodeTaken` for a code that is in use at this router, and
    `PackageRetired`, unless it is of a package that was `sold_before` it was retired.
    """
    now = timezone.now()
    columns = _columns(router, terms, package, valid_from or now, now)
    voucher = Voucher(source=source, **columns, **facts)
    with transaction.atomic():
        if not sold_before:
            _demand_on_sale(package)
        if not code:
            _save_with_new_code(voucher, force_insert=True)
        elif not _save_with(voucher, code, force_insert=True):
            raise CodeTaken(f"The code {code} is in use at this router.")
        mark_dirty([router.pk])
    return voucher


def issue_batch(package: Package, count: int, *, user: Any, name: str = "") -> Batch:
    """Make `count` vouchers of a package, each with a code that no other of its router has.

    All are made, or none. Raises `PackageRetired`.
    """
    with transaction.atomic():
        batch = Batch.objects.create(
            company_id=package.company_id,
            router=package.router,
            package=package,
            name=name,
            count=count,
            price=package.price,
            currency=package.currency,
            user=user,
            user_name=user.get_username(),
        )
        first = issue(
            package.router,
            terms_of(package),
            source=Voucher.Source.BATCH,
            package=package,
            batch=batch,
        )
        copies.make_copies(first, count - 1)
    return batch


def draw_new_code(voucher: Voucher) -> Voucher:
    """Give a voucher another code: its router has a user of that name, which is not ours to take.

    Only where nobody can have used the old one. Raises `VoucherEnded`, and `VoucherInUse` if
    somebody has logged in with it, or could, for the router has it.
    """
    now = timezone.now()
    with transaction.atomic():
        voucher = Voucher.objects.select_for_update().get(pk=voucher.pk)
        if voucher.state_at(now) not in LIVE:
            raise VoucherEnded("The voucher is over.")
        if voucher.first_login_at or voucher.on_router_at:
            raise VoucherInUse("Somebody may be using the voucher; revoke it and make another.")
        voucher.password = voucher.password  # opened here, and sealed anew for the new code
        voucher.problem, voucher.updated_at = "", now
        changed = ["code", "code_index", "password", "problem", "updated_at"]
        _save_with_new_code(voucher, update_fields=changed)
        mark_dirty([voucher.router_id])
    return voucher


def _demand_on_sale(package: Package | None) -> None:
    """Hold the package, so that it is not deleted while vouchers of it are being made."""
    if package and not hold(Package.objects.filter(pk=package.pk, retired_at=None)):
        raise PackageRetired("This package is retired.")


def _columns(
    router: Router, terms: Terms, package: Package | None, valid_from: datetime, now: datetime
) -> dict[str, Any]:
    """Return the columns that vouchers made now have in common."""
    limits = {f.name: getattr(terms, f.name) for f in fields(terms) if f.name != "from_first_login"}
    expires_at = None
    if terms.lifetime is not None and not terms.from_first_login:
        expires_at = valid_from + terms.lifetime
    return {
        "company_id": router.company_id,
        "router_id": router.pk,
        "package_id": package.pk if package else None,
        "valid_from": valid_from,
        "expires_at": expires_at,
        "due_at": valid_from if valid_from > now else expires_at,
        "created_at": now,
        "updated_at": now,
        **limits,
    }


def _save_with_new_code(voucher: Voucher, **options: Any) -> None:
    while not _save_with(voucher, codes.new_codes(1)[0], **options):
        pass


def _save_with(voucher: Voucher, code: str, **options: Any) -> bool:
    """Save a voucher with this code; False if another of its router has it."""
    voucher.code, voucher.code_index = code, codes.index(code)
    try:
        with transaction.atomic():
            voucher.save(**options)
    except IntegrityError:
        return False
    return True
