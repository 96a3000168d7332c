from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import StrictModelSerializer
from hotspot.models import GuestGateway

_SHOWN = {
    "post_enabled": True,
    "get_enabled": False,
    "legacy_status": False,
    "valid_for_preset": "1 day",
    "local_endpoint": "https://cloudpilot.example/api/",
    "cloud_endpoint": "https://cloudpilot.example/gw/2b080b3af6/api/",
    "has_key": True,
    "key_made_at": "2026-11-21T08:00:00Z",
}


@extend_schema_serializer(
    examples=[
        OpenApiExample("Open to POST", request_only=True, value={"post_enabled": True}),
        OpenApiExample("The gateway", response_only=True, value=_SHOWN),
    ]
)
class GuestGatewaySerializer(StrictModelSerializer):
    local_endpoint = serializers.SerializerMethodField(
        help_text="for all gateways; the key says which is meant"
    )
    cloud_endpoint = serializers.SerializerMethodField(
        help_text="for this gateway alone; null until it is first set up"
    )
    has_key = serializers.SerializerMethodField()

    class Meta:
        model = GuestGateway
        fields = ("post_enabled", "get_enabled", "legacy_status", "valid_for_preset",
                  "local_endpoint", "cloud_endpoint", "has_key", "key_made_at")  # fmt: skip
        read_only_fields = ("key_made_at",)

    def get_local_endpoint(self, gateway: GuestGateway) -> str:
        return f"{settings.PUBLIC_URL}/api/"

    def get_cloud_endpoint(self, gateway: GuestGateway) -> str | None:
        return f"{settings.PUBLIC_URL}/gw/{gateway.label}/api/" if gateway.label else None

    def get_has_key(self, gateway: GuestGateway) -> bool:
        return gateway.key_digest != ""


@extend_schema_serializer(
    examples=[
        OpenApiExample("A new key", response_only=True, value={"api_key": "cp_guest_…"}),
    ]
)
class NewGatewayKeyAnswer(serializers.Serializer):
    api_key = serializers.CharField(help_text="shown this once")
