"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

ADD = [
    OpenApiExample("The host itself", request_only=True, value={}),
]
ADDED = [OpenApiExample("Added", response_only=True, value="Server added to network skynet")]
REMOVED = [
    OpenApiExample("Removed", response_only=True, value="Server removed from network skynet")
]
CONFIG = [
    OpenApiExample(
        "A host that is there",
        response_only=True,
        value={
            "api": "https://cloud.example.com",
            "endpoint": "cloud.example.com",
            "masterkey": "(hidden)",
            "hub": {
                "running": True,
                "host": "cloud",
                "problem": "",
                "lastseen": 1795253400,
                "networks": ["skynet"],
            },
        },
    )
]
