"""Examples for the OpenAPI document; made-up values, and no secret that would open anything."""

from drf_spectacular.utils import OpenApiExample

from routers.fleet.examples import STATUS

_ROUTER = {
    "id": 1,
    "public_id": "RTR_0A1B2C3D",
    "company": "EMP_0A1B2C3D4E",
    "name": "Café Uhuru",
    "host": "192.168.1.1",
    "port": 8728,
    "username": "cloudpilot",
    "use_https": False,
    "transport": "api",
    "tls_fingerprint": "",
    "location": "Moi Avenue",
    "time_zone": "Africa/Nairobi",
    "is_active": True,
    "is_online": True,
    "last_checked": "2026-11-21T09:30:00Z",
    "status": STATUS,
    "created_at": "2026-11-21T08:00:00Z",
    "updated_at": "2026-11-21T08:00:00Z",
}

ROUTER = [
    OpenApiExample(
        "A new router",
        request_only=True,
        value={
            "name": "Café Uhuru",
            "host": "192.168.1.1",
            "username": "cloudpilot",
            "password": "the-router-password",
        },
    ),
    OpenApiExample("The router", response_only=True, value=_ROUTER),
]

DELETED = [
    OpenApiExample(
        "Deleted",
        response_only=True,
        value={"message": 'Router "Café Uhuru" has been successfully deleted'},
    )
]

CONNECTION_TEST = [
    OpenApiExample(
        "Online",
        response_only=True,
        value={"router_id": 1, "is_online": True, "message": "Connection test completed"},
    ),
    OpenApiExample(
        "Away",
        response_only=True,
        value={
            "router_id": 1,
            "is_online": False,
            "message": "Connection test completed",
            "reason": "timeout",
            "detail": "The router did not answer in time.",
        },
    ),
]

COMMAND = [
    OpenApiExample("As the API", request_only=True, value={"command": "/system/resource/print"}),
    OpenApiExample(
        "As REST",
        request_only=True,
        value={
            "command": "ip/address",
            "method": "PUT",
            "data": {"address": "10.5.50.1/24", "interface": "ether2"},
        },
    ),
    OpenApiExample(
        "As the console",
        request_only=True,
        value={"command": "/ip address add address=10.5.50.1/24 interface=ether2"},
    ),
    OpenApiExample(
        "Rows",
        response_only=True,
        value={
            "router_id": 1,
            "command": "/ip/address/print",
            "method": "GET",
            "result": [{".id": "*1", "address": "192.168.1.1/24", "interface": "ether1"}],
            "message": "Command executed successfully",
        },
    ),
    OpenApiExample(
        "An add",
        response_only=True,
        value={
            "router_id": 1,
            "command": "/ip address add address=10.5.50.1/24 interface=ether2",
            "method": "GET",
            "result": {"ret": "*1A"},
            "message": "Command executed successfully",
        },
    ),
]

REFUSED = [
    OpenApiExample(
        "The router said no",
        value={
            "error": "no such item (4)",
            "code": "router_refused",
            "router_id": 1,
            "command": "/ip address remove *77",
            "method": "GET",
            "status_code": 404,
        },
    ),
    OpenApiExample(
        "Not a command",
        value={
            "error": "Scripting is not read here: send one command with plain values.",
            "code": "command_invalid",
        },
    ),
]

AWAY = [
    OpenApiExample(
        "No answer",
        value={
            "error": "The router did not answer in time.",
            "code": "router_unreachable",
            "reason": "timeout",
        },
    ),
    OpenApiExample(
        "Another certificate",
        value={
            "error": "The router's certificate has changed.",
            "code": "router_unreachable",
            "reason": "tls_untrusted",
            "seen_fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
    ),
    OpenApiExample(
        "Too many slow ones",
        value={
            "error": "Other routers of this company keep too many requests waiting; try again soon.",
            "code": "too_many_slow_routers",
        },
    ),
]

DEVICE_INFO = [
    OpenApiExample(
        "A small board",
        response_only=True,
        value={
            "router_id": 1,
            "device_info": {
                "identity": "MikroTik",
                "cpu_load": "7%",
                "free_memory": "187543552",
                "total_memory": "268435456",
                "free_hdd_space": "92274688",
                "total_hdd_space": "134217728",
                "version": "7.16.2 (stable)",
                "uptime": "1w2d3h4m5s",
            },
            "message": "Device information retrieved successfully",
        },
    )
]

_KEY = {
    "key_id": "key_a1b2c3d4e5f60718",
    "issued_at": "2026-11-21T08:00:00Z",
    "expires_at": "2027-11-21T08:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-11-21T09:30:00Z",
    "use_count": 5,
}

ROUTER_KEY = [OpenApiExample("A key", response_only=True, value=_KEY)]

NEW_ROUTER_KEY = [
    OpenApiExample(
        "A new key",
        response_only=True,
        value={"api_key": "jwt_…", "api_key_info": _KEY, "previous_key_revoked": True},
    )
]

ROUTER_KEY_STATUS = [
    OpenApiExample(
        "A key in use",
        response_only=True,
        value={
            "has_active_key": True,
            "api_key_info": _KEY,
            "expires_in_days": 364,
            "expires_soon": False,
        },
    )
]

REVOKED_ROUTER_KEY = [
    OpenApiExample(
        "Revoked",
        response_only=True,
        value={
            "message": "API key has been revoked",
            "api_key_info": {**_KEY, "revoked_at": "2026-11-21T16:00:00Z"},
        },
    )
]
