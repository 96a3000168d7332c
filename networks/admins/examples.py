"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_ADMIN = {"username": "smartguy", "isadmin": True}
ADMIN = [OpenApiExample("An admin", response_only=True, value=_ADMIN)]
NEW = [
    OpenApiExample(
        "The first admin",
        request_only=True,
        value={"username": "smartguy", "password": "noonewillguessthis"},
    ),
]
CHANGE = [
    OpenApiExample("Another password", request_only=True, value={"password": "noonewillguessthis"})
]
