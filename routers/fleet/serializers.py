from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from routers.fleet import examples
from routers.models import RouterEvent, RouterStatus

_TIME = {"type": "string", "format": "date-time", "nullable": True}
_NUMBER = {"type": "integer", "nullable": True}
_TEXT = {"type": "string"}


class _StatusSerializer(serializers.ModelSerializer):
    class Meta:
        model = RouterStatus
        fields = (
            "checked_at", "last_seen", "version", "board_name", "uptime", "cpu_load",
            "free_memory", "total_memory", "reason",
        )  # fmt: skip
        read_only_fields = fields


# Written out: a reference cannot be null in OpenAPI 3.0.
@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "description": "What the sweeps know of it; null until one has asked it.",
        "properties": {
            "checked_at": _TIME,
            "last_seen": _TIME,
            "version": _TEXT,
            "board_name": _TEXT,
            "uptime": {**_TEXT, "description": "as RouterOS writes it, such as 1w2d3h4m5s"},
            "cpu_load": {**_NUMBER, "description": "per cent"},
            "free_memory": {**_NUMBER, "description": "bytes"},
            "total_memory": {**_NUMBER, "description": "bytes"},
            "reason": {**_TEXT, "description": "why it did not answer, if it did not"},
        },
    }
)
class StatusField(serializers.Field):
    """The status of a router that is being shown."""

    def get_attribute(self, router: Any) -> RouterStatus | None:
        return getattr(router, "status", None)

    def to_representation(self, status: RouterStatus) -> dict[str, Any]:
        return dict(_StatusSerializer(status).data)


@extend_schema_serializer(examples=examples.EVENT)
class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = RouterEvent
        fields = ("id", "kind", "at", "details")
        read_only_fields = fields


class EventQuery(serializers.Serializer):
    kind = serializers.ChoiceField(choices=RouterEvent.Kind.choices, required=False)


class HistoryQuery(serializers.Serializer):
    """From when to when, and in how many points; left out, the last day."""

    points = serializers.IntegerField(min_value=1, max_value=1000, default=300)

    def get_fields(self) -> dict[str, serializers.Field]:
        # Not as an attribute: `from` is Python's.
        first = serializers.DateTimeField(required=False, help_text="left out: a day before `to`")
        last = serializers.DateTimeField(required=False, help_text="left out: now")
        return {"from": first, "to": last, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        end = attrs.setdefault("to", timezone.now())
        try:
            start = attrs.setdefault("from", end - timedelta(days=1))
        except OverflowError:
            start = end
        if start >= end:
            raise serializers.ValidationError({"from": ["Give a moment before `to`."]})
        return attrs


@extend_schema_serializer(examples=examples.POINT)
class PointAnswer(serializers.Serializer):
    at = serializers.DateTimeField(help_text="when the span begins")
    seconds = serializers.IntegerField(help_text="how long it is")
    online = serializers.FloatField(help_text="the part of the checks that was answered, 0 to 1")
    cpu_load = serializers.FloatField(allow_null=True, help_text="per cent, the mean")
    cpu_load_max = serializers.IntegerField(allow_null=True)
    free_memory = serializers.IntegerField(allow_null=True, help_text="bytes, the mean")
    total_memory = serializers.IntegerField(allow_null=True)
