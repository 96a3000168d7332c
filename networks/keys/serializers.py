import re
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.fields import NEVER, FutureField, MeshSerializer, TagsField, unix
from networks.keys import examples
from networks.models import AccessKey

_VALUE = re.compile(r"[A-Za-z0-9_-]{8,64}")


@extend_schema_serializer(examples=examples.KEY)
class AccessKeySerializer(MeshSerializer):
    """`value`, `accessstring` and `onboardingline` are in the answer that makes it, and null ever after."""

    name = serializers.RegexField(
        r"^[A-Za-z0-9_-][A-Za-z0-9._-]*\Z", max_length=20, required=False, allow_blank=True
    )
    value = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="what devices show: 8 letters, digits, `-` and `_` or more; empty: a random one",
    )
    accessstring = serializers.CharField(read_only=True, allow_null=True)
    onboardingline = serializers.CharField(
        read_only=True, allow_null=True, help_text="what to paste into a router's terminal"
    )
    uses = serializers.IntegerField(
        source="uses_left", min_value=0, max_value=1_000_000, required=False, allow_null=True,
        help_text="how often it may still be used; 0 is 1, null in answers is without limit",
    )  # fmt: skip
    unlimited = serializers.BooleanField(required=False)
    used = serializers.IntegerField(read_only=True)
    expdatetime = FutureField(source="expires_at", required=False)
    tags = TagsField(help_text="what nodes that join with it are marked with")
    lastused = serializers.IntegerField(read_only=True)

    def validate_value(self, value: str) -> str:
        if value and not _VALUE.fullmatch(value):
            raise serializers.ValidationError("Use 8 to 64 letters, digits, `-` and `_`.")
        return value

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        is_unlimited = attributes.pop("unlimited", False)
        attributes["uses_left"] = None if is_unlimited else attributes.get("uses_left") or 1
        return attributes

    def to_representation(self, key: AccessKey) -> dict[str, Any]:
        return {
            "name": key.name,
            "value": None,
            "accessstring": None,
            "onboardingline": None,
            "uses": key.uses_left,
            "unlimited": key.uses_left is None,
            "used": key.used,
            "expdatetime": unix(key.expires_at, NEVER),
            "tags": key.tags,
            "lastused": unix(key.last_used_at),
        }
