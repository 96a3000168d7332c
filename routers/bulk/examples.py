"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

NEW_BATCH = [
    OpenApiExample(
        "Every router",
        request_only=True,
        value={"command": "/system/resource/print", "routers": {"all": True}},
    ),
    OpenApiExample(
        "Those at one place",
        request_only=True,
        value={
            "command": "/ip dns set servers=1.1.1.1",
            "routers": {"location": "Moi Avenue"},
        },
    ),
]

BATCH = [
    OpenApiExample(
        "A bulk command",
        response_only=True,
        status_codes=["200", "202"],
        value={
            "id": "CMD_0A1B2C3D4E5F6071",
            "company": "EMP_0A1B2C3D4E",
            "command": "/ip/dns/set",
            "arguments": {"servers": "1.1.1.1", "?": []},
            "routers": {"location": "Moi Avenue"},
            "user": "amina",
            "state": "running",
            "total": 12,
            "counts": {
                "queued": 7,
                "running": 1,
                "done": 3,
                "refused": 0,
                "failed": 1,
                "unknown": 0,
                "cancelled": 0,
            },
            "created_at": "2026-11-21T08:00:00Z",
            "cancelled_at": None,
            "finished_at": None,
        },
    )
]

RESULT = [
    OpenApiExample(
        "Carried out",
        response_only=True,
        value={
            "router_id": 1,
            "router_name": "Café Uhuru (RTR_0A1B2C3D)",
            "state": "done",
            "result": [],
            "error": "",
            "started_at": "2026-11-21T08:00:01Z",
            "finished_at": "2026-11-21T08:00:02Z",
        },
    )
]
