from typing import Any

from django.core.files import File
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot.jobs.serializers import JobSerializer
from cloudpilot.serializers import (
    CompanyField,
    OptionalBooleanField,
    StrictSerializer,
    own_company,
)
from routers.imports import examples
from routers.imports.csv_file import LARGEST, UnreadableList, decode, read_list
from routers.models import RouterImport, RouterImportRow
from users.models import Company


class ListField(serializers.CharField):
    """A list of routers as text."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text.encode()) > LARGEST:
            raise serializers.ValidationError("The list is larger than 2 MB; split it.")
        try:
            read_list(text)
        except UnreadableList as exc:
            raise serializers.ValidationError(str(exc)) from exc
        return text


class _ImportSerializer(StrictSerializer):
    company = CompanyField(
        queryset=Company.objects.all(), required=False, help_text="by default, your own"
    )
    dry_run = OptionalBooleanField(
        default=True, help_text="only report what would be done; false: add the routers"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "company" not in attrs:
            attrs["company"] = own_company(self.context["request"].user)
        return attrs


@extend_schema_serializer(examples=examples.NEW_IMPORT)
class ImportSerializer(_ImportSerializer):
    csv = ListField(trim_whitespace=False)


@extend_schema_serializer(examples=examples.NEW_IMPORT_FILE)
class ImportFileSerializer(_ImportSerializer):
    file = serializers.FileField(help_text="CSV, at most 2 MB and 5,000 routers")

    def validate_file(self, file: File) -> str:
        try:
            text = decode(file.read())
        except UnreadableList as exc:
            raise serializers.ValidationError(str(exc)) from exc
        return ListField(trim_whitespace=False).run_validation(text)


class ImportCounts(serializers.Serializer):
    """How many lines came to which outcome."""

    created = serializers.IntegerField()
    valid = serializers.IntegerField(help_text="would be created")
    duplicate = serializers.IntegerField(help_text="there already, or earlier in the list")
    invalid = serializers.IntegerField()


@extend_schema_serializer(examples=examples.IMPORT)
class RouterImportSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id")
    company = serializers.CharField(source="company.public_id")
    user = serializers.CharField(source="user_name")
    done = serializers.SerializerMethodField(help_text="lines reported on, of `total`")
    counts = ImportCounts()

    class Meta:
        model = RouterImport
        fields = (
            "id", "company", "user", "dry_run", "state", "error", "total", "done", "counts",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_done(self, upload: RouterImport) -> int:
        return sum(upload.counts.values())


@extend_schema_serializer(examples=examples.STARTED_IMPORT)
class StartedImportAnswer(RouterImportSerializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "job": JobSerializer()}


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
)
class ErrorsField(serializers.JSONField):
    pass


@extend_schema_serializer(examples=examples.ROW)
class RouterImportRowSerializer(serializers.ModelSerializer):
    errors = ErrorsField(  # type: ignore[assignment]  # of the row, not of this serializer
        help_text="what is wrong with which field, in the words of a single POST"
    )
    router_id = serializers.IntegerField(
        allow_null=True, help_text="the new router, or the one that was there already"
    )

    class Meta:
        model = RouterImportRow
        fields = ("line", "name", "host", "outcome", "errors", "router_id")
        read_only_fields = fields
