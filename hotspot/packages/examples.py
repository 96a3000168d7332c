"""Examples for the OpenAPI document; made-up values."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_OFFER: dict[str, Any] = {
    "id": 7,
    "name": "One day",
    "package_type": "hourly",
    "package_type_display": "Hourly",
    "duration_hours": 24,
    "duration_display": "24 hours",
    "price": "50.00",
    "currency": "KES",
    "download_speed_mbps": 5,
    "upload_speed_mbps": 2,
    "download_speed_display": "5 Mbps",
    "upload_speed_display": "2 Mbps",
    "speed_display": "5 Mbps down, 2 Mbps up",
    "data_limit_mb": 2048,
    "time_limit_minutes": None,
    "devices": 1,
    "valid_from": "first_login",
    "description": "",
    "is_active": True,
}

PACKAGE = [
    OpenApiExample(
        "A new package",
        request_only=True,
        value={
            "router": 1,
            "name": "One day",
            "package_type": "hourly",
            "duration_hours": 24,
            "price": "50.00",
            "download_speed_mbps": 5,
            "upload_speed_mbps": 2,
            "data_limit_mb": 2048,
        },
    ),
    OpenApiExample(
        "The package",
        response_only=True,
        value={
            **_OFFER,
            "router": 1,
            "router_name": "Café Uhuru",
            "retired_at": None,
            "created_at": "2026-11-21T08:00:00Z",
            "updated_at": "2026-11-21T08:00:00Z",
        },
    ),
]

DELETED = [
    OpenApiExample(
        "Deleted",
        response_only=True,
        value={"message": 'Package "One day" has been successfully deleted'},
    )
]

OF_ROUTER = [
    OpenApiExample(
        "A café's packages",
        response_only=True,
        value={
            "router_id": 1,
            "router_name": "Café Uhuru",
            "packages": [_OFFER],
            "message": "Found 1 active packages for Café Uhuru",
        },
    )
]
