"""Examples for the OpenAPI document; made-up values, and no secret that would open anything."""

from drf_spectacular.utils import OpenApiExample

_CREDENTIALS = {
    "id": 1,
    "company": "EMP_0A1B2C3D4E",
    "provider": "kopokopo",
    "provider_display": "KopoKopo",
    "environment": "sandbox",
    "label": "Moi Avenue",
    "is_active": True,
    "is_live": False,
    "is_sandbox": True,
    "extra": {"till_number": "K123456", "webhook_key": None},
    "last4": "-key",
    "fingerprint": "5a1d0c9be2f7",
    "identity": "123456",
    "verified_at": "2026-11-21T09:30:00Z",
    "webhook_url": "https://cloudpilot.example.com/payments/webhooks/kopokopo/the-address/",
    "last_webhook_at": None,
    "paid_without_webhook": 0,
    "deactivated": None,
    "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
}
_OF_CREDENTIALS = {"credentials_id": 1, "provider": "kopokopo", "provider_display": "KopoKopo"}


def _answer(title: str, value: object, status: str = "") -> OpenApiExample:
    statuses = [status] if status else None
    return OpenApiExample(title, response_only=True, value=value, status_codes=statuses)


CREDENTIALS = [
    OpenApiExample(
        "New credentials",
        request_only=True,
        value={
            "provider": "kopokopo",
            "environment": "sandbox",
            "label": "Moi Avenue",
            "api_key": "the-client-id",
            "private_key": "the-client-secret-key",
            "extra": {"till_number": "K123456", "webhook_key": "the-api-key"},
        },
    ),
    _answer("The credentials", _CREDENTIALS),
]

DELETED = [
    _answer(
        "Deleted",
        {"message": "Payment credentials for KopoKopo have been successfully deleted"},
    )
]

NEW_PRIVATE_KEY = [
    OpenApiExample("The new key", request_only=True, value={"private_key": "the-new-client-secret"})
]
KEY_UPDATED = [
    _answer(
        "Updated",
        {"message": "Private key updated successfully", "credentials": _CREDENTIALS},
    )
]
TOGGLED = [
    _answer(
        "In place of another",
        {
            "message": "Payment credentials for KopoKopo have been activated",
            "credentials": {**_CREDENTIALS, "deactivated": 2},
        },
    )
]

VERIFY = [
    OpenApiExample("Compare", request_only=True, value={"private_key": "the-client-secret-key"})
]
VERIFIED = [
    _answer(
        "Compared",
        {**_OF_CREDENTIALS, "is_valid": False, "message": "Invalid private key"},
    ),
    _answer(
        "The provider was asked",
        {
            **_OF_CREDENTIALS,
            "is_valid": True,
            "message": "Credentials verified successfully",
            "identity": "123456",
            "verified_at": "2026-11-21T09:30:00Z",
        },
    ),
    _answer(
        "The provider said no",
        {
            **_OF_CREDENTIALS,
            "is_valid": False,
            "message": "KopoKopo does not accept these keys",
            "verified_at": None,
            "reason": "keys_refused",
        },
    ),
]
PROVIDER_AWAY = [
    _answer(
        "Away",
        {
            "error": "The provider did not answer, so nobody knows whether the keys are good.",
            "code": "provider_unavailable",
            "reason": "provider_timeout",
        },
        "503",
    )
]

PASSWORD = [
    OpenApiExample("Your password", request_only=True, value={"password": "teapot-and-mango"})
]
PRIVATE_KEY = [
    _answer(
        "The key",
        {
            **_OF_CREDENTIALS,
            "private_key": "the-client-secret-key",
            "message": "Private key retrieved successfully",
        },
    )
]
