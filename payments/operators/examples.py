"""Examples for the OpenAPI document; made-up values, and receipts and codes that open nothing."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ID = "6a1f0c1e-7c1b-4e0a-9a53-2f5d6f0b7c11"

LISTED: dict[str, Any] = {
    "id": _ID,
    "status": "completed",
    "status_display": "Completed",
    "state": "partially_refunded",
    "reason": "refunded",
    "amount": "50.00",
    "currency": "KES",
    "received": "50.00",
    "received_currency": "KES",
    "refunded": "20.00",
    "refundable": "30.00",
    "provider": "intasend",
    "environment": "live",
    "payment_method": "mpesa",
    "payment_method_display": "M-Pesa",
    "phone_number": "+254712345678",
    "provider_receipt": "OJM6Q1W84K",
    "router": 1,
    "router_name": "Café Uhuru",
    "package": 7,
    "package_name": "One day",
    "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
    "completed_at": "2026-11-21T08:00:09Z",
    "is_successful": True,
    "is_failed": False,
    "is_pending": False,
}
_REFUND: dict[str, Any] = {
    "id": "0d7b0a52-1f2e-4b6c-8f0e-51b9a1b1c0de",
    "amount": "20.00",
    "currency": "KES",
    "state": "succeeded",
    "by_hand": False,
    "revoke_voucher": False,
    "reason": "An hour without power",
    "failure": "",
    "provider_ref": "CB-1042",
    "by": "wanjiku",
    "created_at": "2026-11-21T08:59:50Z",
    "ended_at": "2026-11-21T09:00:00Z",
}
_DETAIL: dict[str, Any] = LISTED | {
    "provider_ref": "INV-7Q2K",
    "credentials": 3,
    "pay_url": "",
    "mac_address": "AA:BB:CC:00:00:01",
    "ip_address": "",
    "submitted_at": "2026-11-21T08:00:01Z",
    "asked_at": "2026-11-21T08:00:09Z",
    "ask_at": None,
    "package_expiry_time": "2026-11-22T08:00:09Z",
    "is_active": True,
    "receipt": None,
    "voucher": {
        "id": 4711,
        "state": "active",
        "on_router": True,
        "username": "7KQMXW3HRTA",
        "passcode": "7KQMXW3HRTA",
    },
    "refunds": [_REFUND],
    "attempts": [
        {
            "number": 1,
            "reference": "6a1f0c1e7c1b4e0a9a532f5d6f0b7c11-1",
            "state": "taken",
            "reason": "",
            "started_at": "2026-11-21T08:00:01Z",
            "ended_at": "2026-11-21T08:00:02Z",
        }
    ],
    "transitions": [
        {
            "number": 1,
            "before": "created",
            "after": "submitting",
            "reason": "",
            "facts": {},
            "by": "",
            "created_at": "2026-11-21T08:00:01Z",
        }
    ],
    "webhook_events": {"received": 0, "applied": 1, "ignored": 0, "dead": 0},
}

PAYMENT = [OpenApiExample("Paid with M-Pesa", response_only=True, value=LISTED)]
DETAIL = [OpenApiExample("Refunded in part", response_only=True, value=_DETAIL)]
REFUND = [
    OpenApiExample(
        "A part", request_only=True,
        value={"amount": "20.00", "reason": "An hour without power", "by_hand": True},
    ),
    OpenApiExample(
        "All of it", request_only=True, value={"reason": "Bought twice", "by_hand": True}
    ),
]  # fmt: skip
REFUNDED = [OpenApiExample("Given back", response_only=True, value=_REFUND)]
DECISION = [
    OpenApiExample(
        "Take it as it is", request_only=True,
        value={"decision": "accept", "note": "Short by ten shillings; a regular"},
    ),
]  # fmt: skip
CASH = [
    OpenApiExample("Over the counter", request_only=True, value={"package": 7}),
    OpenApiExample(
        "With the guest's number", request_only=True,
        value={"package": 7, "phone_number": "0712 345 678"},
    ),
]  # fmt: skip
_SUMS: dict[str, Any] = {
    "currency": "KES",
    "provider": "intasend",
    "environment": "live",
    "payments": 12,
    "received": "600.00",
    "refunded": "-20.00",
    "taken_back": "0.00",
    "given_again": "0.00",
    "net": "580.00",
}
SUMMARY = [
    OpenApiExample(
        "A day",
        response_only=True,
        value={
            "from": "2026-11-21",
            "to": "2026-11-21",
            "time_zone": "Africa/Nairobi",
            "days": [{"day": "2026-11-21", **_SUMS}],
            "totals": [_SUMS],
        },
    )
]
CSV = [
    OpenApiExample(
        "The first lines", media_type="text/csv", response_only=True,
        value="id,created_at,completed_at,status\r\n…,2026-11-21T08:00:00+00:00,…,completed\r\n",
    )
]  # fmt: skip
