"""How the host is set up, and whether it is there."""

from typing import Any

from django.conf import settings

from cloudpilot.jobs import clock
from networks.fields import unix
from networks.models import HubProcess, Node


def server_config() -> dict[str, Any]:
    process = HubProcess.objects.first()
    hosted = Node.objects.filter(is_host=True).order_by("network__netid")
    return {
        "api": settings.PUBLIC_URL,
        "endpoint": settings.MESH_ENDPOINT,
        "masterkey": "(hidden)" if settings.MESH_MASTER_KEY else "",
        "hub": {
            "running": process is not None and process.is_alive(clock.now()),
            "host": process.host if process else "",
            "problem": process.problem if process else "",
            "lastseen": unix(process.seen_at if process else None),
            "networks": list(hosted.values_list("network__netid", flat=True)),
        },
    }
