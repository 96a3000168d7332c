"""Examples for the OpenAPI document; made-up values, and codes that open nothing."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from cloudpilot.jobs.examples import JOB

_VOUCHER: dict[str, Any] = {
    "id": 4711,
    "code": "7KQMXW3HRTA",
    "password": "7KQMXW3HRTA",
    "full_name": "",
    "state": "active",
    "source": "batch",
    "router": 1,
    "router_name": "Café Uhuru",
    "package": 7,
    "package_name": "One day",
    "batch": 12,
    "on_router": True,
    "problem": "",
    "valid_from": "2026-11-21T08:00:00Z",
    "expires_at": "2026-11-22T09:30:00Z",
    "paused_at": None,
    "revoked_at": None,
    "lifetime_seconds": 86400,
    "time_limit_seconds": None,
    "data_limit": 2147483648,
    "upload_limit": None,
    "download_limit": None,
    "upload_speed_mbps": 2,
    "download_speed_mbps": 5,
    "devices": 1,
    "bound_mac": "",
    "first_login_at": "2026-11-21T09:30:00Z",
    "last_login_at": "2026-11-21T09:30:00Z",
    "mac_address": "AA:BB:CC:00:00:01",
    "online_seconds": 660,
    "uploaded": 6600000,
    "downloaded": 66000000,
    "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
}

VOUCHER = [OpenApiExample("A voucher in use", response_only=True, value=_VOUCHER)]

NEW = [
    OpenApiExample("With a random code", request_only=True, value={"package": 7}),
    OpenApiExample(
        "For a guest of the hotel",
        request_only=True,
        value={"package": 7, "code": "room-12", "password": "mango", "full_name": "Ada L."},
    ),
]

EXTEND = [OpenApiExample("A day more", request_only=True, value={"hours": 24})]
MOVE = [
    OpenApiExample("To any device", request_only=True, value={"mac_address": ""}),
    OpenApiExample("To this device", request_only=True, value={"mac_address": "AA:BB:CC:00:00:02"}),
]

REVOKE = [
    OpenApiExample("What is left of a batch", request_only=True,
                   value={"batch": 12, "state": "unused"}),
]  # fmt: skip
REVOKED = [
    OpenApiExample(
        "Done", response_only=True, status_codes=["200"], value={"revoked": 120, "job": None}
    ),
]

REVOKING = [
    OpenApiExample(
        "A job is at it", response_only=True, status_codes=["202"], value={"job": JOB[0].value}
    ),
]

_BATCH: dict[str, Any] = {
    "id": 12,
    "router": 1,
    "package": 7,
    "package_name": "One day",
    "name": "Kiosk, November",
    "count": 1000,
    "price": "50.00",
    "currency": "KES",
    "user": "wanjiku",
    "created_at": "2026-11-21T08:00:00Z",
}
BATCH = [
    OpenApiExample("A thousand vouchers", request_only=True,
                   value={"package": 7, "count": 1000, "name": "Kiosk, November"}),
    OpenApiExample("The batch", response_only=True, value=_BATCH),
]  # fmt: skip
BATCH_WITH_PROGRESS = [
    BATCH[0],
    OpenApiExample(
        "The batch on its way to the router",
        response_only=True,
        value={**_BATCH, "progress": {"live": 988, "on_router": 940, "problems": 1}},
    ),
]

PDF = [OpenApiExample("A page or more", value="%PDF-1.4 …", media_type="application/pdf")]
CSV = [OpenApiExample("A line a voucher", value="code,package …", media_type="text/csv")]
