from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.fields import EndpointField, MeshSerializer
from networks.nodes.serializers import RouterField
from networks.server import examples


@extend_schema_serializer(examples=examples.ADD)
class AddNetworkSerializer(MeshSerializer):
    """Who is to be the hub; an empty body is the host itself."""

    router = RouterField(required=False, help_text="one of your routers, instead of the host")
    endpoint = EndpointField(help_text="where nodes reach the hub; empty: as the host is set up")


class HubSerializer(serializers.Serializer):
    running = serializers.BooleanField()
    host = serializers.CharField()
    problem = serializers.CharField(help_text="why it can bring up no network, if it cannot")
    lastseen = serializers.IntegerField()
    networks = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(examples=examples.CONFIG)
class ServerConfigSerializer(serializers.Serializer):
    """How the server is set up, without what opens it."""

    api = serializers.CharField()
    endpoint = serializers.CharField(help_text="where nodes reach the host, unless told otherwise")
    masterkey = serializers.CharField(help_text="never shown; empty if there is none")
    hub = HubSerializer()
