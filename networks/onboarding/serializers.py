from ipaddress import ip_interface
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from networks.fields import MeshSerializer
from networks.observing.asking import Seen
from networks.onboarding import examples
from networks.onboarding.polling import Report
from networks.onboarding.steps import NAMES


class InterfaceReportSerializer(MeshSerializer):
    """A WireGuard interface of ours, by its name and its mark."""

    name = serializers.CharField(max_length=100)
    comment = serializers.CharField(max_length=100)
    publickey = serializers.CharField(max_length=100, allow_blank=True)


class PeerReportSerializer(MeshSerializer):
    """A peer as the router shows it; what it does not show is an empty text."""

    interface = serializers.CharField(max_length=100)
    publickey = serializers.CharField(max_length=100, allow_blank=True)
    lasthandshake = serializers.CharField(
        max_length=30, required=False, allow_blank=True, help_text="how long ago, such as 1m12s"
    )
    endpoint = serializers.CharField(max_length=45, required=False, allow_blank=True)
    port = serializers.CharField(max_length=5, required=False, allow_blank=True)
    rx = serializers.CharField(max_length=20, required=False, allow_blank=True)
    tx = serializers.CharField(max_length=20, required=False, allow_blank=True)


class AddressReportSerializer(MeshSerializer):
    """An address with its prefix, such as 192.168.88.1/24, and where it is."""

    address = serializers.CharField(max_length=49)
    interface = serializers.CharField(max_length=100, allow_blank=True)

    def validate_address(self, text: str) -> str:
        try:
            return str(ip_interface(text))
        except ValueError as exc:
            raise serializers.ValidationError("Write an address as 192.168.88.1/24.") from exc


class _SeenSerializer(MeshSerializer):
    """What a router is connected to."""

    routeros = serializers.CharField(max_length=50, required=False, allow_blank=True)
    interfaces = serializers.ListField(
        child=InterfaceReportSerializer(), required=False, max_length=100
    )
    peers = serializers.ListField(child=PeerReportSerializer(), required=False, max_length=1000)
    addresses = serializers.ListField(
        child=AddressReportSerializer(), required=False, max_length=500
    )
    names = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=1000,
        help_text="of all interfaces",
    )  # fmt: skip

    def seen(self) -> Seen:
        """Return what a valid body says, in the words of RouterOS."""
        found = self.validated_data
        return Seen(
            timezone.now(),
            interfaces=[_in_its_words(row) for row in found.get("interfaces", ())],
            peers=[_in_its_words(row) for row in found.get("peers", ())],
            addresses=found.get("addresses", ()),
            names=found.get("names", ()),
        )


_WORDS = {
    "publickey": "public-key",
    "lasthandshake": "last-handshake",
    "endpoint": "current-endpoint-address",
    "port": "current-endpoint-port",
}


def _in_its_words(row: dict[str, str]) -> dict[str, str]:
    return {_WORDS.get(name, name): value for name, value in row.items()}


@extend_schema_serializer(examples=examples.ABOUT)
class AboutSerializer(_SeenSerializer):
    """What a router says of itself when it asks for an account."""

    identity = serializers.CharField(max_length=100, required=False, allow_blank=True)
    board = serializers.CharField(max_length=100, required=False, allow_blank=True)
    apiport = serializers.IntegerField(min_value=1, max_value=65535, required=False)

    def facts(self) -> dict[str, Any]:
        """Return what a valid body says of the router, but for what it is connected to."""
        names = ("identity", "routeros", "board", "apiport")
        return {name: self.validated_data[name] for name in names if name in self.validated_data}


@extend_schema_serializer(examples=examples.REPORT)
class ReportSerializer(_SeenSerializer):
    """What a router holds, and how it is connected."""

    version = serializers.CharField(
        max_length=32, required=False, allow_blank=True, help_text="of the script that it ran last"
    )
    failed = serializers.CharField(
        max_length=200_000, required=False, allow_blank=True,
        help_text="marks of the rows that it refused, between spaces",
    )  # fmt: skip

    def report(self) -> Report:
        """Return what a valid body says."""
        found = self.validated_data
        return Report(
            self.seen(),
            version=found.get("version", ""),
            failed=frozenset(found.get("failed", "").split()),
            routeros=found.get("routeros", ""),
        )


@extend_schema_serializer(examples=examples.REPORTED)
class ReportedSerializer(serializers.Serializer):
    """Whether the router holds what it should hold now, but for what it refused."""

    held = serializers.BooleanField()


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
