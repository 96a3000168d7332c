"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

STATUS = {
    "checked_at": "2026-11-21T09:30:00Z",
    "last_seen": "2026-11-21T09:30:00Z",
    "version": "7.16.2 (stable)",
    "board_name": "hEX",
    "uptime": "1w2d3h4m5s",
    "cpu_load": 7,
    "free_memory": 187543552,
    "total_memory": 268435456,
    "reason": "",
}

EVENT = [
    OpenApiExample(
        "Away",
        response_only=True,
        value={
            "id": 12,
            "kind": "offline",
            "at": "2026-11-21T09:32:05Z",
            "details": {"reason": "timeout"},
        },
    )
]

POINT = [
    OpenApiExample(
        "Half an hour",
        response_only=True,
        value={
            "at": "2026-11-21T09:00:00Z",
            "seconds": 1800,
            "online": 0.9667,
            "cpu_load": 7.2,
            "cpu_load_max": 41,
            "free_memory": 187543552,
            "total_memory": 268435456,
        },
    )
]
