"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

KEY = [
    OpenApiExample("Ten uses", request_only=True, value={"uses": 10, "name": "mykey"}),
    OpenApiExample(
        "A key",
        response_only=True,
        value={
            "name": "mykey",
            "value": None,
            "accessstring": None,
            "onboardingline": None,
            "uses": 10,
            "unlimited": False,
            "used": 0,
            "expdatetime": 33174902665,
            "tags": [],
            "lastused": 0,
        },
    ),
]
