"""Examples for the OpenAPI document; made-up values."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_HEALTH: dict[str, Any] = {
    "is_active": True,
    "ended_because": "",
    "last_failure": "",
    "failing_since": None,
    "paused_until": None,
}
_WHEN = {"created_at": "2026-11-21T08:00:00Z", "updated_at": "2026-11-21T08:00:00Z"}
_ENDPOINT: dict[str, Any] = {
    "id": "WHE_0A1B2C3D4E5F6071",
    "company": "EMP_0A1B2C3D4E",
    "url": "https://books.example.com/cloudpilot",
    "kinds": ["payment.completed", "payment.refunded"],
    "description": "Our books",
    **_HEALTH,
    "previous_secret_until": None,
    **_WHEN,
}
_CHANNEL: dict[str, Any] = {
    "id": "CHN_0A1B2C3D4E5F6071",
    "company": "EMP_0A1B2C3D4E",
    "medium": "telegram",
    "addresses": [],
    "chat_id": "-1001234567890",
    "kinds": ["payment.completed", "payment.review", "payment.failed"],
    "description": "The team",
    **_HEALTH,
    **_WHEN,
}
_DELIVERY: dict[str, Any] = {
    "id": "DLV_0A1B2C3D4E5F6071",
    "endpoint": "WHE_0A1B2C3D4E5F6071",
    "message": "MSG_0A1B2C3D4E5F60718293A4B5",
    "kind": "payment.completed",
    "payment": "6f0c6b8e-4f0e-4b57-9a61-0c8f6c1c2f10",
    "state": "waiting",
    "attempts": 1,
    "due_at": "2026-11-21T08:00:05Z",
    "created_at": "2026-11-21T08:00:00Z",
    "ended_at": None,
}

ENDPOINT = [
    OpenApiExample(
        "A new endpoint",
        request_only=True,
        value={
            "url": "https://books.example.com/cloudpilot",
            "kinds": ["payment.completed", "payment.refunded"],
            "description": "Our books",
        },
    ),
    OpenApiExample("The endpoint", response_only=True, value=_ENDPOINT),
]

NEW_ENDPOINT = [
    OpenApiExample(
        "The endpoint, and its secret this once",
        response_only=True,
        value={**_ENDPOINT, "secret": "whsec_…"},
    )
]

CHANNEL = [
    OpenApiExample(
        "A chat of Telegram",
        request_only=True,
        value={
            "medium": "telegram",
            "chat_id": "-1001234567890",
            "bot_token": "123456789:made-up-token-of-a-bot-000000000000",
            "description": "The team",
        },
    ),
    OpenApiExample("The channel", response_only=True, value=_CHANNEL),
]

DELIVERY = [
    OpenApiExample("A delivery", response_only=True, status_codes=["200", "202"], value=_DELIVERY)
]

ONE_DELIVERY = [
    OpenApiExample(
        "A delivery whose first try failed",
        response_only=True,
        value={
            **_DELIVERY,
            "tries": [
                {
                    "number": 1,
                    "at": "2026-11-21T08:00:00Z",
                    "duration_ms": 48,
                    "status": 503,
                    "failure": "refused",
                }
            ],
        },
    )
]

REPLAY = [
    OpenApiExample(
        "All since this morning", request_only=True, value={"since": "2026-11-21T06:00:00Z"}
    )
]

REPLAYED = [
    OpenApiExample("Queued again", response_only=True, status_codes=["202"], value={"replayed": 12})
]

QUEUED = [
    OpenApiExample(
        "Queued",
        response_only=True,
        status_codes=["202"],
        value={"message": "A test is on its way"},
    )
]

DELETED = [
    OpenApiExample(
        "Deleted",
        response_only=True,
        value={"message": "It has been deleted, and what it was sent with it"},
    )
]
