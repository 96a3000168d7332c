"""Examples for the OpenAPI document; made-up values."""

from drf_spectacular.utils import OpenApiExample

_LIST = "name,host,username,password\nCafé Uhuru,192.168.1.1,cloudpilot,the-router-password\n"

NEW_IMPORT = [
    OpenApiExample("Try a list", request_only=True, value={"csv": _LIST}),
    OpenApiExample("Add its routers", request_only=True, value={"csv": _LIST, "dry_run": False}),
]

NEW_IMPORT_FILE = [
    OpenApiExample(
        "Add the routers of a file",
        request_only=True,
        media_type="multipart/form-data",
        value={"file": _LIST, "dry_run": False},
    )
]

_IMPORT = {
    "id": "IMP_0A1B2C3D4E5F6071",
    "company": "EMP_0A1B2C3D4E",
    "user": "amina",
    "dry_run": False,
    "state": "done",
    "error": "",
    "total": 40,
    "done": 40,
    "counts": {"created": 37, "valid": 0, "duplicate": 1, "invalid": 2},
    "created_at": "2026-11-21T08:00:00Z",
    "finished_at": "2026-11-21T08:00:01Z",
}

IMPORT = [
    OpenApiExample("An import", response_only=True, status_codes=["200", "202"], value=_IMPORT)
]

STARTED_IMPORT = [
    OpenApiExample(
        "An import that waits for its turn",
        response_only=True,
        status_codes=["202"],
        value={
            **_IMPORT,
            "state": "queued",
            "done": 0,
            "counts": {"created": 0, "valid": 0, "duplicate": 0, "invalid": 0},
            "finished_at": None,
            "job": {
                "id": "JOB_0A1B2C3D4E5F6071",
                "task": "routers.imports.import_routers",
                "state": "queued",
                "progress": {"done": 0, "total": 0},
                "attempts": 0,
                "cancel_requested": False,
                "result": None,
                "error": "",
                "created_at": "2026-11-21T08:00:00Z",
                "due_at": "2026-11-21T08:00:00Z",
                "started_at": None,
                "finished_at": None,
            },
        },
    )
]

ROW = [
    OpenApiExample(
        "Added",
        response_only=True,
        value={
            "line": 2,
            "name": "Café Uhuru",
            "host": "192.168.1.1",
            "outcome": "created",
            "errors": {},
            "router_id": 1,
        },
    ),
    OpenApiExample(
        "Not valid",
        response_only=True,
        value={
            "line": 3,
            "name": "Bar",
            "host": "192.168.1.999",
            "outcome": "invalid",
            "errors": {"host": ["Give an IPv4 or IPv6 address, or a host name."]},
            "router_id": None,
        },
    ),
]
