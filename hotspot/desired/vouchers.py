"""What a router should hold for what is sold there: profiles of packages, and a user a voucher."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from cloudpilot.crypto import SealedField
from hotspot.live import USERS
from hotspot.models import Package, Voucher
from hotspot.querysets import VoucherQuerySet
from routers.models import Router
from routers.reconcile.providers import observes, provides
from routers.reconcile.rows import Desired, Value, mark

PROFILES = "/ip/hotspot/user/profile"

_CODE: SealedField = Voucher._meta.get_field("code")
_PASSWORD: SealedField = Voucher._meta.get_field("password")

# What a voucher froze of its package that a profile holds: upload and download in Mbps, devices.
Terms = tuple[int | None, int | None, int]
_TERMS = ("upload_speed_mbps", "download_speed_mbps", "devices")
_NEVER = timedelta(0)  # as a limit: none


@provides("package")
def profiles(router: Router) -> Iterator[Desired]:
    """A profile for each package that is not retired, and for all terms that were sold and are good.

    A profile that nobody sells any more stays for as long as a voucher needs it.
    """
    live = router.vouchers.live(timezone.now()).exclude(package=None)
    sold = set(live.order_by().values_list("package_id", *_TERMS).distinct())
    current = _current_terms(router)  # after what was sold, so that it has all their packages
    selling = router.packages.filter(retired_at=None, pk__in=current).values_list("pk", flat=True)
    for package, *terms in {*sold, *((pk, *current[pk]) for pk in selling)}:
        yield _profile(package, tuple(terms), current)


def _profile(package: int, terms: Terms, current: dict[int, Terms]) -> Desired:
    upload, download, devices = terms
    # RouterOS counts from its own side: what it receives is what the guest uploads.
    attributes: dict[str, Value] = {"rate-limit": f"{upload}M/{download}M", "shared-users": devices}
    return Desired(PROFILES, _profile_name(package, terms, current), attributes)


def _profile_name(package: int, terms: Terms, current: dict[int, Terms]) -> str:
    """Terms that the package has changed since keep a profile of their own: sold is sold."""
    if terms == current[package]:
        return mark("package", package)
    return mark("package", f"{package}:" + "-".join(map(str, terms)))


def _current_terms(router: Router) -> dict[int, Terms]:
    rows = Package.objects.filter(router=router).values_list("pk", *_TERMS)
    return {pk: tuple(terms) for pk, *terms in rows}


@provides("voucher")
def users(router: Router) -> Iterator[Desired]:
    """A user for each voucher that may still be used, switched off while it waits.

    The limits are for when we cannot reach the router; see `expiry` for who decides. They leave
    out what was used before the router's own counters of the user began.
    """
    now = timezone.now()
    rows = list(router.vouchers.live(now).order_by("pk").values(*_COLUMNS))
    current = _current_terms(router)  # after them: a package is made, and sold, in a moment
    for row in rows:
        yield Desired(USERS, mark("voucher", row["pk"]), _user(row, current, now))


_COLUMNS = (
    "pk", "package_id", *_TERMS, "code", "code_index", "password", "bound_mac", "lifetime",
    "time_limit", "data_limit", "upload_limit", "download_limit", "online_time_before",
    "uploaded_before", "downloaded_before", "paused_at", "valid_from",
)  # fmt: skip


def _user(row: dict[str, Any], current: dict[int, Terms], now: datetime) -> dict[str, Any]:
    code = _CODE.unseal_for(row["code_index"], row["code"])
    password = row["password"]
    terms: Terms = (row["upload_speed_mbps"], row["download_speed_mbps"], row["devices"])
    package, up, down = row["package_id"], row["uploaded_before"], row["downloaded_before"]
    return {
        "name": code,
        "password": _PASSWORD.unseal_for(row["code_index"], password) if password else code,
        "server": "all",
        "profile": _profile_name(package, terms, current) if package else "default",
        "mac-address": row["bound_mac"] or None,
        "limit-uptime": _time_limit(row),
        "limit-bytes-in": _left(row["upload_limit"], up),
        "limit-bytes-out": _left(row["download_limit"], down),
        "limit-bytes-total": _left(row["data_limit"], up + down),
        "disabled": row["paused_at"] is not None or row["valid_from"] > now,  # it waits
    }


def _time_limit(row: dict[str, Any]) -> timedelta:
    """Return the time that may be spent online; 0: any.

    Nobody is online longer than the lifetime by the clock, on each device.
    """
    lifetime, limit = row["lifetime"], row["time_limit"]
    limits = [lifetime * row["devices"]] if lifetime is not None else []
    limits += [limit] if limit is not None else []
    if not limits:
        return _NEVER
    return max(min(limits) - row["online_time_before"], timedelta(seconds=1))


def _left(limit: int | None, before: int) -> int:
    return 0 if limit is None else max(limit - before, 1)


@observes("voucher")
def note_what_is_held(router: Router, ids: set[str], problems: Mapping[str, str] | None) -> None:
    """Keep of each voucher since when the router has it, if it does, or else what is wrong."""
    held = {int(id_) for id_ in ids if id_.isdecimal()}
    vouchers = Voucher.objects.filter(router=router)
    if problems is not None:
        known = set(vouchers.exclude(on_router_at=None).values_list("pk", flat=True))
        _write(known - held, on_router_at=None)
        held -= known
        _note_problems(vouchers, {int(id_): code for id_, code in problems.items()})
    _write(held, on_router_at=timezone.now())


def _note_problems(vouchers: VoucherQuerySet, problems: dict[int, str]) -> None:
    known = dict(vouchers.exclude(problem="").values_list("pk", "problem"))
    changed: dict[str, set[int]] = defaultdict(set)
    for pk in problems.keys() | known.keys():
        if problems.get(pk) != known.get(pk):
            changed[problems.get(pk, "")].add(pk)
    for code, pks in changed.items():
        _write(pks, problem=code)


def _write(pks: set[int], **columns: Any) -> None:
    ordered = sorted(pks)
    for start in range(0, len(ordered), _CHUNK):
        chunk = Voucher.objects.filter(pk__in=ordered[start : start + _CHUNK])
        with transaction.atomic():
            chunk.lock()
            chunk.update(**columns)


_CHUNK = 500
