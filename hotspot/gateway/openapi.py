"""What the OpenAPI document says of the actions: one path, whose parameters say what is done."""

from typing import Any, Final

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    inline_serializer,
)
from rest_framework import serializers

from hotspot.gateway.actions import ACTIONS
from hotspot.gateway.serializers import NewVoucherSerializer, PageSerializer

_SENT: Final = inline_serializer(
    "GuestGatewayRequest",
    {
        "api-key": serializers.CharField(
            required=False, help_text="the gateway's key; `X-API-Key` carries it as well"
        ),
        "action": serializers.ChoiceField(list(ACTIONS)),
        **NewVoucherSerializer().fields,
        **PageSerializer().fields,
    },
)
_ANSWER: Final = inline_serializer(
    "GuestGatewayAnswer",
    {
        "message": serializers.CharField(required=False, help_text="of what changes something"),
        "error": serializers.BooleanField(required=False),
        "user": serializers.DictField(required=False),
        **{
            name: serializers.ListField(child=serializers.DictField(), required=False)
            for name in ("users", "logins", "data")
        },
    },
)

_NEW_VOUCHER: Final = {
    "username": "room12",
    "passcode": "sunny-day",
    "fullname": "Wanjiru Kamau",
    "valid_for": "2 days",
    "valid_from": "2026-11-21 14:00:00",
}
_ASKED: Final = OpenApiExample(
    "Make a voucher",
    request_only=True,
    value={
        "api-key": "cp_guest_…",
        "action": "create_voucher",
        **_NEW_VOUCHER,
        "download_limit": 1024,
    },
)
_MADE: Final = OpenApiExample(
    "A voucher",
    response_only=True,
    value={
        "message": "User added successfully",
        "user": {"id": 43, **_NEW_VOUCHER, "download_limit": "1024", "upload_limit": "0"},
        "error": False,
    },
)

_BOTH: Final[dict[str, Any]] = {
    "tags": ["guest-gateway"],
    "responses": OpenApiResponse(_ANSWER, "What the action answers."),
}
GET: Final = {**_BOTH, "parameters": [_SENT], "examples": [_MADE]}
POST: Final = {
    **_BOTH,
    "request": _SENT,
    "parameters": [
        OpenApiParameter(
            "Idempotency-Key",
            str,
            OpenApiParameter.HEADER,
            description="A voucher asked for again with its key is answered again, and made once.",
        )
    ],
    "examples": [_ASKED, _MADE],
}
