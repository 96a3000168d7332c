from typing import Any

from django.contrib.auth.validators import UnicodeUsernameValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.admins import examples
from networks.fields import MeshSerializer
from users import services as users
from users.models import User


class _CredentialFields(MeshSerializer):
    username = serializers.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    password = serializers.CharField(max_length=128, trim_whitespace=False)

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        if password := attributes.get("password"):
            named = self.instance or User(username=attributes.get("username", ""))
            try:
                users.check_new_password(password, named)
            except serializers.ValidationError as exc:
                raise serializers.ValidationError({"password": exc.detail}) from exc
        return attributes


@extend_schema_serializer(examples=examples.NEW)
class NewAdminSerializer(_CredentialFields):
    """The name and password of the first admin."""


@extend_schema_serializer(examples=examples.CHANGE)
class AdminChangeSerializer(_CredentialFields):
    """What is to change of an admin."""


@extend_schema_serializer(examples=examples.ADMIN)
class AdminSerializer(serializers.Serializer):
    """An admin, without a password."""

    username = serializers.CharField()
    isadmin = serializers.BooleanField(source="is_superuser")
