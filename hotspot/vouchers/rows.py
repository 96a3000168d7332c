"""Vouchers as lists show them: straight from `values()`, many times as fast as by a serializer.

`VoucherSerializer` says the same of one voucher; a test holds the two together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from cloudpilot.crypto import SealedField
from hotspot.models import Package, Voucher
from hotspot.states import state_of
from routers.models import Router

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
_KEYS = {"router_id": "router", "package_id": "package", "batch_id": "batch"}
COLUMNS = (*_PLAIN, *_TIMES, *_SECONDS, *_KEYS, "code", "code_index", "password", "on_router_at")


def shown_page(page: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Return rows of `values(*COLUMNS)` as the API shows them at `now`.

    Names are looked up by page: with joins, databases lose sight of the index that the order has.
    """
    routers = _names(Router, {row["router_id"] for row in page})
    packages = _names(Package, {row["package_id"] for row in page})
    return [_shown(row, now, routers, packages) for row in page]


def _names(model: type[Model], pks: set[int]) -> dict[int, str]:
    return dict(model._base_manager.filter(pk__in=pks).values_list("pk", "name"))


def _shown(
    row: dict[str, Any], now: datetime, routers: dict[int, str], packages: dict[int, str]
) -> dict[str, Any]:
    code, password = code_of(row), row["password"]
    return {
        **{name: row[name] for name in _PLAIN},
        **{shown_as: row[name] for name, shown_as in _KEYS.items()},
        **{name: _time(row[name]) for name in _TIMES},
        **{shown_as: seconds(row[name]) for name, shown_as in _SECONDS.items()},
        "router_name": routers.get(row["router_id"]),
        "package_name": packages.get(row["package_id"]),
        "code": code,
        "password": _PASSWORD.unseal_for(row["code_index"], password) if password else code,
        "state": state_of(row, now),
        "on_router": row["on_router_at"] is not None,
    }


def code_of(row: dict[str, Any]) -> str:
    return _CODE.unseal_for(row["code_index"], row["code"])


def seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
