"""Vouchers as lists show them: straight from `values()`, many times as fast as by a serializer.

`VoucherSerializer` says the same of one voucher; a test holds the two together.
"""

from datetime import datetime, timedelta
from typing import Any

from cloudpilot.crypto import SealedField
from hotspot.models import Voucher

_CODE: SealedField = Voucher._meta.get_field("code")
_PASSWORD: SealedField = Voucher._meta.get_field("password")

# Columns that are shown under their own names, as they are.
_PLAIN = (
    "id", "full_name", "source", "upload_limit", "download_limit", "data_limit",
    "upload_speed_mbps", "download_speed_mbps", "devices", "bound_mac", "mac_address",
    "uploaded", "downloaded",
)  # fmt: skip
_TIMES = (
    "valid_from", "expires_at", "paused_at", "revoked_at", "first_login_at", "last_login_at",
    "created_at", "updated_at",
)  # fmt: skip
_SECONDS = {
    "lifetime": "lifetime_seconds",
    "time_limit": "time_limit_seconds",
    "online_time": "online_seconds",
}
_JOINED = {
    "router_id": "router",
    "router__name": "router_name",
    "package_id": "package",
    "package__name": "package_name",
    "batch_id": "batch",
}
COLUMNS = (
    *_PLAIN, *_TIMES, *_SECONDS, *_JOINED, "code", "code_index", "password", "on_router_at",
)  # fmt: skip


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of `values(*COLUMNS, "state")` as the API shows it."""
    code, password = code_of(row), row["password"]
    return {
        **{name: row[name] for name in _PLAIN},
        **{shown_as: row[name] for name, shown_as in _JOINED.items()},
        **{name: _time(row[name]) for name in _TIMES},
        **{shown_as: seconds(row[name]) for name, shown_as in _SECONDS.items()},
        "code": code,
        "password": _PASSWORD.unseal_for(row["code_index"], password) if password else code,
        "state": row["state"],
        "on_router": row["on_router_at"] is not None,
    }


def code_of(row: dict[str, Any]) -> str:
    return _CODE.unseal_for(row["code_index"], row["code"])


def seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
