from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import RowIdField, StrictSerializer
from hotspot.fields import MacAddressField, OwnedIdField
from hotspot.guests import examples
from hotspot.models import Login
from hotspot.vouchers.serializers import SecondsField
from routers.models import Router


@extend_schema_serializer(examples=examples.SESSION)
class SessionSerializer(serializers.Serializer):
    """A guest who is online now, as the router shows it."""

    id = serializers.CharField(help_text="the router's own, for as long as the session lasts")
    router = serializers.IntegerField()
    user = serializers.CharField()
    voucher = serializers.IntegerField(allow_null=True)
    mac_address = serializers.CharField()
    address = serializers.CharField()
    server = serializers.CharField()
    login_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    online_seconds = serializers.IntegerField()
    idle_seconds = serializers.IntegerField()
    uploaded = serializers.IntegerField(help_text="bytes")
    downloaded = serializers.IntegerField(help_text="bytes")


class WhichRouterSerializer(serializers.Serializer):
    router = RowIdField()


@extend_schema_serializer(examples=examples.KICK)
class KickSerializer(StrictSerializer):
    """Whom to put out: a session by its id, or all sessions of a user, or of a device."""

    router = OwnedIdField(queryset=Router.objects.all())
    id = serializers.RegexField(r"^\*[0-9A-Fa-f]{1,8}$", required=False)
    user = serializers.CharField(max_length=255, required=False)
    mac_address = MacAddressField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) < 2:
            raise serializers.ValidationError("Say whom: id, user or mac_address.")
        return attrs


@extend_schema_serializer(examples=examples.KICKED)
class KickedAnswer(serializers.Serializer):
    ended = serializers.IntegerField(help_text="sessions")


class LoginFilterSerializer(serializers.Serializer):
    """Which logins to list; all that is named must hold."""

    router = RowIdField(required=False)
    voucher = RowIdField(required=False)
    mac_address = MacAddressField(required=False)
    online = serializers.BooleanField(required=False, allow_null=True, default=None)


@extend_schema_serializer(examples=examples.LOGIN)
class LoginSerializer(serializers.ModelSerializer):
    router = serializers.IntegerField(source="router_id")
    router_name = serializers.CharField(source="router.name")
    voucher = serializers.IntegerField(source="voucher_id", allow_null=True)
    online_seconds = SecondsField(source="online_time")

    class Meta:
        model = Login
        fields = (
            "id", "router", "router_name", "voucher", "kind", "name", "mac_address", "address",
            "user_agent", "at", "ended_at", "online_seconds", "uploaded", "downloaded",
        )  # fmt: skip
        read_only_fields = fields
