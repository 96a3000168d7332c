"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_SESSION = {
    "id": "*1A",
    "router": 1,
    "user": "7KQMXW3HRTA",
    "voucher": 4711,
    "mac_address": "AA:BB:CC:00:00:01",
    "address": "192.168.88.20",
    "server": "hotspot1",
    "login_by": "http-chap",
    "started_at": "2026-11-21T09:30:00Z",
    "online_seconds": 660,
    "idle_seconds": 4,
    "uploaded": 6600000,
    "downloaded": 66000000,
}
SESSION = [OpenApiExample("A guest", response_only=True, value=_SESSION)]
KICK = [
    OpenApiExample("A session", request_only=True, value={"router": 1, "id": "*1A"}),
    OpenApiExample("All of a user", request_only=True, value={"router": 1, "user": "7KQMXW3HRTA"}),
]
KICKED = [OpenApiExample("One session ended", response_only=True, value={"ended": 1})]

LOGIN = [
    OpenApiExample(
        "A guest who has left",
        response_only=True,
        value={
            "id": 99,
            "router": 1,
            "router_name": "Café Uhuru",
            "voucher": 4711,
            "kind": "voucher",
            "name": "",
            "mac_address": "AA:BB:CC:00:00:01",
            "address": "192.168.88.20",
            "user_agent": "",
            "at": "2026-11-21T09:30:00Z",
            "ended_at": "2026-11-21T10:30:00Z",
            "online_seconds": 3600,
            "uploaded": 36000000,
            "downloaded": 360000000,
        },
    )
]
