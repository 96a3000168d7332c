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
    OpenApiExample("Another site", request_only=True, value={"website": "https://example.com"}),
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

KEY_LOGIN = [
    OpenApiExample(
        "A key pair",
        request_only=True,
        value={"public_key": "cp_pub_…", "private_key": "cp_sec_…"},
    ),
    OpenApiExample(
        "Logged in",
        response_only=True,
        value={
            "access_token": "eyJ…",
            "refresh_token": "eyJ…",
            "user_id": 1,
            "username": "amina",
            "message": "API key authentication successful",
        },
    ),
]

REFRESH = [
    OpenApiExample("A refresh token", request_only=True, value={"refresh_token": "eyJ…"}),
    OpenApiExample(
        "A new pair",
        response_only=True,
        value={"access_token": "eyJ…", "refresh_token": "eyJ…"},
    ),
]

LOGOUT = [
    OpenApiExample("This login", request_only=True, value={"refresh_token": "eyJ…"}),
    OpenApiExample("All of them", request_only=True, value={"refresh_token": "eyJ…", "all": True}),
    OpenApiExample("Done", response_only=True, value={"message": "Logged out successfully"}),
]

PASSWORD = [
    OpenApiExample(
        "A new password",
        request_only=True,
        value={"current_password": "teapot-and-mango", "new_password": "kettle-and-papaya"},
    ),
    OpenApiExample(
        "Changed",
        response_only=True,
        value={"message": "Password changed successfully; log in again"},
    ),
]

KEYS = [
    OpenApiExample(
        "One pair",
        response_only=True,
        value={
            "public_key": "cp_pub_…",
            "keys": [
                {
                    "id": 1,
                    "name": "First key",
                    "public_key": "cp_pub_…",
                    "created_at": "2026-11-21T08:00:00Z",
                    "last_used_at": None,
                    "revoked_at": None,
                }
            ],
        },
    )
]

NEW_KEY = [
    OpenApiExample("A name", request_only=True, value={"name": "Nightly script"}),
    OpenApiExample(
        "Its only showing",
        response_only=True,
        value={
            "message": "New API key generated successfully",
            "public_key": "cp_pub_…",
            "private_key": "cp_sec_…",
            "api_key": {**_PAIR, "name": "Nightly script"},
        },
    ),
]

REVOKED = [
    OpenApiExample(
        "Revoked", response_only=True, value={"message": 'API key "First key" has been revoked'}
    )
]

COMPANY = [
    OpenApiExample("A company", request_only=True, value={"name": "Uhuru Cafés"}),
    OpenApiExample(
        "The company",
        response_only=True,
        value={
            "id": "EMP_0A1B2C3D4E",
            "name": "Uhuru Cafés",
            "contact_email": "",
            "contact_phone": "",
            "colour": "#1f4e79",
            "is_active": True,
            "is_personal": False,
            "created_at": "2026-11-21T08:00:00Z",
            "updated_at": "2026-11-21T08:00:00Z",
        },
    ),
]

MEMBER = [
    OpenApiExample(
        "Whom, and as what", request_only=True, value={"username": "juma", "role": "operator"}
    ),
    OpenApiExample(
        "The member",
        response_only=True,
        value={
            "id": 2,
            "user_id": 2,
            "username": "juma",
            "role": "operator",
            "created_at": "2026-11-21T08:00:00Z",
        },
    ),
]

MEMBER_REMOVED = [
    OpenApiExample(
        "Removed", response_only=True, value={"message": 'Member "juma" has been removed'}
    )
]
