from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from networks.fields import unix
from networks.keyupdate import services
from networks.models import KeyChange, KeyUpdate

State = KeyChange.State

_SHOWN = {
    "startedat": 1795253400,
    "endedat": 0,
    "nodes": 3,
    "unfinished": 2,
    "queued": 1,
    "running": 0,
    "done": 1,
    "failed": 0,
    "away": 1,
    "kept": 0,
    "changes": [
        {
            "macaddress": "8c:90:b5:06:f1:d9",
            "name": "branch-7",
            "state": "away",
            "error": "The router did not answer in time.",
            "attempts": 2,
        }
    ],
}


class KeyChangeAnswer(serializers.Serializer):
    macaddress = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    error = serializers.CharField(help_text="of the last attempt")
    attempts = serializers.IntegerField()


class KeyCountsAnswer(serializers.Serializer):
    """How many nodes are how far with their new keys."""

    nodes = serializers.IntegerField()
    unfinished = serializers.IntegerField()
    queued = serializers.IntegerField(help_text="plain peers too, until they make a key themselves")
    running = serializers.IntegerField(help_text="one at a time")
    done = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="is tried again after some minutes")
    away = serializers.IntegerField(help_text="is tried again when it is back")
    kept = serializers.IntegerField(help_text="a hub whose new key would cut routers off")


@extend_schema_serializer(
    examples=[OpenApiExample("One is away", response_only=True, value=_SHOWN)]
)
class KeyUpdateProgressAnswer(KeyCountsAnswer):
    """The latest key update: counts, and how far each node is."""

    startedat = serializers.IntegerField(help_text="0: there has been none")
    endedat = serializers.IntegerField(help_text="0: not yet")
    changes = KeyChangeAnswer(many=True)


def progress_answer(update: KeyUpdate | None) -> dict[str, Any]:
    if update is None:
        return {"startedat": 0, "endedat": 0, **services.count([]), "changes": []}
    changes = list(update.changes.select_related("node").order_by("pk"))
    return {
        "startedat": unix(update.started_at),
        "endedat": unix(update.ended_at),
        **services.count([change.state for change in changes]),
        "changes": [_change(change) for change in changes],
    }


def _change(change: KeyChange) -> dict[str, Any]:
    return {
        "macaddress": change.node.mac_address,
        "name": change.node.name,
        "state": change.state,
        "error": change.error,
        "attempts": change.attempts,
    }
