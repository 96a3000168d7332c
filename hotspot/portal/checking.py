"""Checking a voucher's code, and keeping those from it who guess."""

from datetime import datetime
from hmac import compare_digest
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cloudpilot.limits import failures_spent
from cloudpilot.prepared import prepared
from hotspot import codes
from hotspot.errors import VoucherNotValid
from hotspot.models import Voucher
from hotspot.states import LIVE, State
from routers.models import RouterKey

# What is looked at or shown. With all columns, a check would take half as long again.
_READ = (
    "code", "code_index", "password", "package__name", "time_limit", "data_limit", "upload_limit",
    "download_limit", "online_time", "uploaded", "downloaded", "valid_from", "expires_at",
    "paused_at", "revoked_at", "first_login_at", "on_router_at",
)  # fmt: skip


def check(
    key: RouterKey, *, code: str, passcode: str, device: str, address: str
) -> tuple[Voucher, State]:
    """Return the voucher that somebody at the key's router typed, and its state.

    Raises `VoucherNotValid`, in the same words whether it never was, is over or is another
    router's; and `TooManyRequests` after too many of those.
    """
    subjects = {
        "wrong_vouchers_per_device": f"{key.router_id} {device.upper()}" if device else "",
        "wrong_vouchers_per_router_key": str(key.pk),
        "wrong_vouchers_per_address": address,
        "wrong_vouchers_in_all": "all",
    }
    with failures_spent({limit: subject for limit, subject in subjects.items() if subject}):
        now = timezone.now()
        voucher = _find(key.router_id, code, passcode, now)
        if voucher is None:
            raise VoucherNotValid("This voucher is not good here.")
    return voucher, voucher.state_at(now)


def _find(router_id: int, code: str, passcode: str, now: datetime) -> Voucher | None:
    """Return the usable voucher that was most likely meant: to the letter, or as it is read."""
    indexes = [codes.index(reading) for reading in codes.readings(code)]
    found = {row.code_index: row for row in _with_indexes(router_id, *indexes)}
    candidates = (found[index] for index in indexes if index in found)
    return next((row for row in candidates if _is_good(row, passcode, now)), None)


@prepared
def _with_indexes(router_id: Any, *indexes: Any) -> QuerySet[Voucher]:
    rows = Voucher.objects.filter(router=router_id, revoked_at=None, code_index__in=indexes)
    return rows.select_related("package").only(*_READ)


def _is_good(voucher: Voucher, passcode: str, now: datetime) -> bool:
    """Of a voucher with a passcode of its own, the code is no secret."""
    own = voucher.password
    is_theirs = own is None or compare_digest(own.encode(), passcode.encode())
    return is_theirs and voucher.state_at(now) in LIVE
