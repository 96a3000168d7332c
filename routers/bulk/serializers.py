from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import OwnedRelatedField
from routers.bulk import examples
from routers.bulk.filters import RouterFilterSerializer
from routers.models import CommandBatch, CommandResult
from routers.serializers import CommandSerializer, ResultField
from users.models import Company


@extend_schema_serializer(examples=examples.NEW_BATCH)
class BulkCommandSerializer(CommandSerializer):
    """As for one router, with the company and the condition that chooses its routers."""

    # What role the command needs in it, the command decides.
    company = OwnedRelatedField(
        queryset=Company.objects.all(), required=False, help_text="by default, your own"
    )
    routers = RouterFilterSerializer(help_text="a router meets all of it")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("company", self.context["request"].user.personal_company)
        if attrs["company"] is None:
            raise serializers.ValidationError({"company": ["Name the routers' company."]})
        return attrs


class BulkCounts(serializers.Serializer):
    """How many routers are in which state."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {state.value: serializers.IntegerField() for state in CommandResult.State}


@extend_schema_field({"type": "object", "additionalProperties": {}})
class PlainObjectField(serializers.JSONField):
    pass


@extend_schema_serializer(examples=examples.BATCH)
class BatchSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id")
    company = serializers.CharField(source="company.public_id")
    arguments = PlainObjectField(help_text="secrets are masked; `?` holds the conditions")
    routers = PlainObjectField(source="filter", help_text="which routers were asked for")
    state = serializers.ChoiceField(choices=["running", "done", "cancelled"])
    counts = BulkCounts()
    user = serializers.CharField(source="user_name")

    class Meta:
        model = CommandBatch
        fields = (
            "id", "company", "command", "arguments", "routers", "user", "state", "total", "counts",
            "created_at", "cancelled_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(examples=examples.RESULT)
class ResultSerializer(serializers.ModelSerializer):
    router_id = serializers.IntegerField(allow_null=True, help_text="null once it is deleted")
    result = ResultField(allow_null=True, help_text="as of one command; secrets are masked")

    class Meta:
        model = CommandResult
        fields = (
            "router_id", "router_name", "state", "result", "error", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields
