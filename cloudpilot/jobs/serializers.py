from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.jobs import examples
from cloudpilot.jobs.models import Job


class ProgressSerializer(serializers.Serializer):
    done = serializers.IntegerField(source="progress_done")
    total = serializers.IntegerField(source="progress_total", help_text="0 while it is not known")


@extend_schema_serializer(examples=examples.JOB)
class JobSerializer(serializers.ModelSerializer):
    """A job, without what it was given: ids that are none of the API's."""

    id = serializers.CharField(source="public_id", read_only=True)
    progress = ProgressSerializer(source="*", read_only=True)
    result: serializers.Field[Any, Any, Any, Any] = serializers.JSONField(read_only=True)

    class Meta:
        model = Job
        fields = (
            "id", "task", "state", "progress", "attempts", "cancel_requested", "result", "error",
            "created_at", "due_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields
