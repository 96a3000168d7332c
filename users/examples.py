"""Examples for the OpenAPI document; made-up values, and no key that would work anywhere."""

from drf_spectacular.utils import OpenApiExample

_PAIR = {
    "id": 1,
    "name": "First key",
    "public_key": "cp_pub_…",
    "private_key": "cp_sec_…",
    "message": "Store your private key securely — it won't be shown again.",
}

REGISTER = [
    OpenApiExample(
        "A new account",
        request_only=True,
        value={"username": "amina", "email": "amina@example.com", "password": "teapot-and-mango"},
    ),
    OpenApiExample(
        "Registered",
        response_only=True,
        status_codes=["201"],
        value={
            "message": "User registered successfully",
            "user_id": 1,
            "api_key": _PAIR,
            "note": "API keys created automatically",
        },
    ),
]

LOGIN = [
    OpenApiExample(
        "Name and password",
        request_only=True,
        value={"username": "amina", "password": "teapot-and-mango"},
    ),
    OpenApiExample(
        "Logged in",
        response_only=True,
        value={
            "access_token": "eyJ…",
            "refresh_token": "eyJ…",
            "user_id": 1,
            "username": "amina",
        },
    ),
]

PROFILE = [
    OpenApiExample(
        "A profile",
        response_only=True,
        value={
            "bio": "Runs the WiFi of three cafés.",
            "website": "https://example.com",
            "created_at": "2026-11-21T08:00:00Z",
            "updated_at": "2026-11-21T08:00:00Z",
        },
    ),
]
