"""Examples for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

JOB = [
    OpenApiExample(
        "A job that is running",
        response_only=True,
        value={
            "id": "JOB_0A1B2C3D4E5F6071",
            "task": "routers.reconcile_router",
            "state": "running",
            "progress": {"done": 3, "total": 12},
            "attempts": 1,
            "cancel_requested": False,
            "result": None,
            "error": "",
            "created_at": "2026-11-21T08:00:00Z",
            "due_at": "2026-11-21T08:00:00Z",
            "started_at": "2026-11-21T08:00:00.020000Z",
            "finished_at": None,
        },
    )
]
