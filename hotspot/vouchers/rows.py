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

COLUMNS = (
    "id", "code", "code_index", "password", "full_name", "source", "router_id", "package_id",
    "batch_id", "on_router_at", "problem", "valid_from", "expires_at", "paused_at", "revoked_at", "lifetime",
    "time_limit", "data_limit", "upload_limit", "download_limit", "upload_speed_mbps",
    "download_speed_mbps", "devices", "bound_mac", "first_login_at", "last_login_at",
    "mac_address", "online_time", "uploaded", "downloaded", "created_at", "updated_at",
)  # fmt: skip


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
        "id": row["id"],
        "code": code,
        "password": _PASSWORD.unseal_for(row["code_index"], password) if password else code,
        "full_name": row["full_name"],
        "state": state_of(row, now),
        "source": row["source"],
        "router": row["router_id"],
        "router_name": routers.get(row["router_id"]),
        "package": row["package_id"],
        "package_name": packages.get(row["package_id"]),
        "batch": row["batch_id"],
        "on_router": row["on_router_at"] is not None,
        "problem": row["problem"],
        "valid_from": _time(row["valid_from"]),
        "expires_at": _time(row["expires_at"]),
        "paused_at": _time(row["paused_at"]),
        "revoked_at": _time(row["revoked_at"]),
        "lifetime_seconds": seconds(row["lifetime"]),
        "time_limit_seconds": seconds(row["time_limit"]),
        "data_limit": row["data_limit"],
        "upload_limit": row["upload_limit"],
        "download_limit": row["download_limit"],
        "upload_speed_mbps": row["upload_speed_mbps"],
        "download_speed_mbps": row["download_speed_mbps"],
        "devices": row["devices"],
        "bound_mac": row["bound_mac"],
        "first_login_at": _time(row["first_login_at"]),
        "last_login_at": _time(row["last_login_at"]),
        "mac_address": row["mac_address"],
        "online_seconds": seconds(row["online_time"]),
        "uploaded": row["uploaded"],
        "downloaded": row["downloaded"],
        "created_at": _time(row["created_at"]),
        "updated_at": _time(row["updated_at"]),
    }


def code_of(row: dict[str, Any]) -> str:
    return _CODE.unseal_for(row["code_index"], row["code"])


def seconds(time: timedelta | None) -> int | None:
    return None if time is None else int(time.total_seconds())


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()[:-6]}Z"  # all are in UTC
