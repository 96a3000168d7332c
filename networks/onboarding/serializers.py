from datetime import timedelta
from ipaddress import ip_address, ip_interface
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.fields import MeshSerializer
from networks.links import Sighting
from networks.onboarding import examples
from networks.onboarding.polling import Report
from networks.onboarding.steps import NAMES
from networks.wireguard import host_and_port
from routers.reconcile.kinds import DURATION

_LARGEST = 2**63 - 1


class InterfaceAddressField(serializers.CharField):
    """An address as `/ip/address` has it: with the length of its network's prefix."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=49, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return str(ip_interface(text))
        except ValueError as exc:
            raise serializers.ValidationError("Write an address as 192.168.88.1/24.") from exc


class SubnetsField(serializers.ListField):
    """Of all interfaces, the mesh's own too."""

    child = InterfaceAddressField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, required=False, **kwargs)


@extend_schema_serializer(examples=examples.ABOUT)
class AboutSerializer(MeshSerializer):
    """What a router says of itself when it asks for an account."""

    identity = serializers.CharField(max_length=100, required=False, allow_blank=True)
    routeros = serializers.CharField(max_length=50, required=False, allow_blank=True)
    board = serializers.CharField(max_length=100, required=False, allow_blank=True)
    apiport = serializers.IntegerField(min_value=1, max_value=65535, required=False)
    subnets = SubnetsField()


class PeerReportSerializer(MeshSerializer):
    """A peer as the router shows it; what it does not show is an empty text."""

    publickey = serializers.CharField(max_length=100, source="public_key")
    lasthandshake = serializers.CharField(
        max_length=30, required=False, allow_blank=True, help_text="how long ago, such as 1m12s"
    )
    endpoint = serializers.CharField(max_length=45, required=False, allow_blank=True)
    port = serializers.CharField(max_length=5, required=False, allow_blank=True)
    rx = serializers.CharField(max_length=20, required=False, allow_blank=True)
    tx = serializers.CharField(max_length=20, required=False, allow_blank=True)


@extend_schema_serializer(examples=examples.REPORT)
class ReportSerializer(MeshSerializer):
    """What a router holds, and how it is connected."""

    version = serializers.CharField(
        max_length=32, required=False, allow_blank=True, help_text="of the script that it ran last"
    )
    failed = serializers.CharField(
        max_length=100_000, required=False, allow_blank=True,
        help_text="marks of the rows that it refused, between spaces",
    )  # fmt: skip
    publickey = serializers.CharField(max_length=100, required=False, allow_blank=True)
    routeros = serializers.CharField(max_length=50, required=False, allow_blank=True)
    subnets = SubnetsField()
    peers = serializers.ListField(child=PeerReportSerializer(), required=False, max_length=1000)

    def report(self) -> Report:
        """Return what a valid body says."""
        found = self.validated_data
        return Report(
            version=found.get("version", ""),
            failed=frozenset(found.get("failed", "").split()),
            public_key=found.get("publickey", ""),
            routeros=found.get("routeros", ""),
            subnets=found.get("subnets"),
            peers=[_sighting(peer) for peer in found.get("peers", ())],
        )


def _sighting(peer: dict[str, str]) -> Sighting:
    ago = DURATION.meaning(peer.get("lasthandshake") or "-")
    heard = timezone.now() - timedelta(microseconds=ago) if isinstance(ago, int) else None
    return Sighting(
        peer["public_key"],
        heard,
        _bytes(peer.get("rx", "")),
        _bytes(peer.get("tx", "")),
        _endpoint(peer.get("endpoint", ""), peer.get("port", "")),
    )


def _bytes(text: str) -> int:
    return min(int(text), _LARGEST) if text.isascii() and text.isdigit() else 0


def _endpoint(host: str, port: str) -> str:
    """Return `host:port`; nothing unless both are what they should be."""
    try:
        address = str(ip_address(host))
    except ValueError:
        return ""
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    return host_and_port(address, int(port)) if is_port else ""


class StepSerializer(serializers.Serializer):
    name = serializers.ChoiceField([(name, name) for name in NAMES])
    done = serializers.BooleanField()
    at = serializers.IntegerField(help_text="Unix seconds; 0: never")
    hint = serializers.CharField(help_text="what to do; empty once it is done")


class PollSerializer(serializers.Serializer):
    """Of a router that asks us: when it did, and what it said."""

    asked = serializers.IntegerField(help_text="Unix seconds; 0: never")
    reported = serializers.IntegerField(help_text="Unix seconds; 0: never")
    failed = serializers.ListField(
        child=serializers.CharField(), help_text="marks of the rows that it refused"
    )


@extend_schema_serializer(examples=examples.ONBOARDING)
class OnboardingSerializer(serializers.Serializer):
    """How far a router has come; `failing` is the first step that is not done."""

    macaddress = serializers.CharField()
    network = serializers.CharField()
    done = serializers.BooleanField()
    failing = serializers.CharField(allow_null=True)
    handshakeage = serializers.IntegerField(allow_null=True, help_text="seconds")
    routeros = serializers.CharField()
    board = serializers.CharField()
    steps = StepSerializer(many=True)
    poll = PollSerializer()


class RowSerializer(serializers.Serializer):
    menu = serializers.CharField()
    mark = serializers.CharField(help_text="its comment, or its name where a menu has no comments")
    first = serializers.BooleanField(help_text="it stands before the rows of others")
    attributes = serializers.DictField(child=serializers.CharField(allow_null=True))


@extend_schema_serializer(examples=examples.DESIRED)
class DesiredSerializer(serializers.Serializer):
    """What a router should hold; `left_out` are menus with more rows than are told at once."""

    version = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField())
    rows = RowSerializer(many=True)
