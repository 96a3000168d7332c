from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.peers import examples


@extend_schema_serializer(examples=examples.NEW_KEYS)
class NewKeysSerializer(serializers.Serializer):
    """A configuration that is complete: this answer alone has its private key."""

    publickey = serializers.CharField()
    config = serializers.CharField(help_text="for `wg-quick`, and to import into WireGuard's apps")
    qr = serializers.CharField(
        allow_null=True, help_text="the same as an SVG; null if it is too long for a QR code"
    )
