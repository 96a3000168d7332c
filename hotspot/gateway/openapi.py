"""What the OpenAPI document says of the actions: one path, whose parameters say what is done."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from hotspot.gateway.actions import ACTIONS
from hotspot.gateway.validity import VALID_FOR

_TEXT: Final = {"type": "string"}
_MEGABYTES: Final = {
    "oneOf": [{"type": "integer"}, {"type": "string"}],
    "description": "In MB, from 1 to 9437184; anything else means no limit.",
}
_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "api-key": {**_TEXT, "description": "The gateway's key; `X-API-Key` carries it as well."},
    "action": {**_TEXT, "enum": list(ACTIONS)},
    "username": {**_TEXT, "maxLength": 64, "description": "Empty: a random one is made."},
    "passcode": {**_TEXT, "maxLength": 64, "description": "Empty: a random one is made."},
    "fullname": {**_TEXT, "maxLength": 100, "description": "Empty: a random one is made."},
    "valid_for": {
        **_TEXT,
        "enum": ["", *VALID_FOR],
        "description": "How long; empty: the gateway's preset.",
    },
    "valid_from": {**_TEXT, "description": "`2018-08-24 00:00:00` at the router; empty: now."},
    "download_limit": _MEGABYTES,
    "upload_limit": _MEGABYTES,
    "limit": {"type": "integer", "minimum": 1, "description": "At most so many of a long list."},
    "after": {"type": "integer", "minimum": 0, "description": "Only ids above this one."},
}
_REQUIRED: Final = ("action",)

_ANSWER: Final = {
    "type": "object",
    "properties": {
        "message": {**_TEXT, "description": "Of the two actions that change something."},
        "error": {"type": "boolean"},
        "user": {"type": "object", "additionalProperties": {}},
        "users": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
        "logins": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
        "data": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    },
}

_CREATED: Final = OpenApiExample(
    "A voucher",
    response_only=True,
    value={
        "message": "User added successfully",
        "user": {
            "id": 43,
            "username": "room12",
            "passcode": "sunny-day",
            "fullname": "Wanjiru Kamau",
            "valid_for": "2 days",
            "valid_from": "2026-11-21 14:00:00",
            "download_limit": "1024",
            "upload_limit": "0",
        },
        "error": False,
    },
)
_ASKED: Final = OpenApiExample(
    "Make a voucher",
    request_only=True,
    value={
        "api-key": "cp_guest_…",
        "action": "create_voucher",
        "username": "room12",
        "passcode": "sunny-day",
        "fullname": "Wanjiru Kamau",
        "valid_for": "2 days",
        "valid_from": "2026-11-21 14:00:00",
        "download_limit": 1024,
    },
)

_RESPONSES: Final = {
    200: OpenApiResponse(_ANSWER, "What the action answers.", examples=[_CREATED]),
}

GET: Final[dict[str, Any]] = {
    "parameters": [
        OpenApiParameter(name, schema, required=name in _REQUIRED)
        for name, schema in _PARAMETERS.items()
    ],
    "responses": _RESPONSES,
}
POST: Final[dict[str, Any]] = {
    "request": {
        "application/json": {
            "type": "object",
            "properties": _PARAMETERS,
            "required": list(_REQUIRED),
        }
    },
    "responses": _RESPONSES,
    "examples": [_ASKED],
}
