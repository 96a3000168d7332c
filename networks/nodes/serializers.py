from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from cloudpilot.serializers import MAX_ROW_ID
from networks import addressing
from networks.callers import NodeCaller
from networks.fields import (
    AddressField,
    EndpointField,
    ExpiryField,
    LineField,
    MacField,
    MeshSerializer,
    RangesField,
    TagsField,
)
from networks.models import Node
from networks.nodes import examples
from routers.models import Router


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True})
class RouterField(serializers.Field):
    """A router of the network's company, by its number or its `RTR_` id."""

    def to_internal_value(self, data: Any) -> Router | None:
        if data in ("", 0) and not isinstance(data, bool):
            return None
        own = Router.objects.filter(company=self.context["network"].company_id)
        router = own.filter(**self._named(data)).first()
        if router is None:
            raise ValidationError("There is no such object.")
        return router

    @staticmethod
    def _named(data: Any) -> dict[str, Any]:
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data <= MAX_ROW_ID:
            return {"pk": data}
        if isinstance(data, str) and data.isascii() and data.isprintable():
            return {"public_id": data}
        raise ValidationError("There is no such object.")


class _NodeFields(MeshSerializer):
    """What may be said of a node when it is made and when it is changed."""

    publickey = serializers.RegexField(
        r"^[A-Za-z0-9+/=]*\Z", source="public_key", required=False, allow_blank=True,
        max_length=100, help_text="empty: it is read from the router",
    )  # fmt: skip
    endpoint = EndpointField(help_text="empty: behind NAT, others wait to be called")
    localaddress = AddressField(source="local_address")
    listenport = serializers.IntegerField(
        source="listen_port", required=False, min_value=1024, max_value=65535
    )
    interface = serializers.RegexField(
        r"^([A-Za-z0-9][A-Za-z0-9._-]*)?\Z", required=False, allow_blank=True, max_length=15
    )
    persistentkeepalive = serializers.IntegerField(
        source="keepalive", required=False, min_value=0, max_value=1000
    )
    mtu = serializers.IntegerField(required=False, min_value=1280, max_value=9000)
    checkininterval = serializers.IntegerField(
        source="check_in_interval", required=False, min_value=1, max_value=100_000
    )
    allowedips = RangesField(
        source="allowed_addresses", required=False, help_text="more ranges reached at this node"
    )
    name = serializers.RegexField(
        r"^[A-Za-z0-9._-]*\Z", required=False, allow_blank=True, max_length=32
    )
    password = serializers.CharField(
        min_length=6, max_length=128, required=False, write_only=True, trim_whitespace=False
    )
    expdatetime = ExpiryField(source="expires_at", required=False)
    ishub = serializers.BooleanField(source="is_hub", required=False)
    tags = TagsField()
    router = RouterField(required=False, help_text="the router of ours that this node is")
    postup = LineField(source="post_up")
    postdown = LineField(source="post_down")
    saveconfig = serializers.BooleanField(source="save_config", required=False)

    # What the network's people alone decide: each of it reaches beyond the node itself.
    for_people: tuple[str, ...] = ("allowed_addresses", "expires_at", "is_hub", "tags", "router")

    def validate_password(self, password: str) -> str:
        if "\0" in password:
            raise ValidationError("A password has no such character.")
        return password

    def validate_allowedips(self, texts: list[str]) -> list[str]:
        network = self.context["network"]
        own = network.own_ranges
        for text in texts:
            if addressing.overlapping(addressing.range_of(text), own):
                raise ValidationError(f"{text} overlaps the network's own range.")
        return texts

    def refuse_for_people(self, attributes: dict[str, Any], shown: dict[str, Any]) -> None:
        """Drop what comes back as it is, and refuse the rest of what people alone decide."""
        fields = {field.source: name for name, field in self.fields.items()}
        for column in self.for_people:
            if column not in attributes:
                continue
            if attributes.pop(column) != shown.get(column):
                raise ValidationError({fields[column]: ["A node does not decide this itself."]})


@extend_schema_serializer(examples=examples.JOIN)
class JoinSerializer(_NodeFields):
    """A device that joins, or that somebody adds."""

    macaddress = MacField(source="mac_address")
    accesskey = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, write_only=True,
        help_text="the value of an access key, or its access string",
    )  # fmt: skip

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        attributes.pop("accesskey", None)
        if self.context["is_by_people"]:
            return attributes
        if "password" not in attributes:
            raise ValidationError({"password": ["This field is required."]})
        self.refuse_for_people(
            attributes,
            {"allowed_addresses": [], "expires_at": None, "is_hub": False, "tags": []},
        )
        return attributes


@extend_schema_serializer(examples=examples.CHANGE)
class NodeChangeSerializer(_NodeFields):
    """What is to change of a node."""

    macaddress = MacField(source="mac_address", required=False)
    address = AddressField()
    address6 = AddressField(help_text="follows from `address`")

    for_people = (*_NodeFields.for_people, "address", "mac_address")

    def validate_address(self, address: str) -> str:
        if address:
            try:
                addressing.number_of(self.context["network"].range, address)
            except ValueError as exc:
                raise ValidationError(str(exc)) from exc
        return address

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        node: Node = self.context["node"]
        address6 = attributes.pop("address6", "")
        if not attributes.get("address", True):
            del attributes["address"]
        if address6 and address6 != node.address6 and "address" not in attributes:
            raise ValidationError({"address6": ["It follows from `address`: change that."]})
        if isinstance(self.context["request"].user, NodeCaller):
            self.refuse_for_people(attributes, vars(node) | {"router": node.router})
        return attributes


@extend_schema_serializer(examples=examples.GATEWAY)
class GatewaySerializer(MeshSerializer):
    """What lies behind a node."""

    rangestring = RangesField(
        required=False, help_text="empty: the networks that the router has on the interface"
    )
    ranges = RangesField(required=False)
    interface = serializers.RegexField(
        r"^[^\x00-\x1f\x7f]+\Z", max_length=63, help_text="`eth0` is `ether1` on a router"
    )
    nat = serializers.BooleanField(required=False)
    force = serializers.BooleanField(
        required=False, help_text="also if a router is in such a network itself: from there it is"
        " not reached"
    )  # fmt: skip
    postup = LineField(source="post_up")
    postdown = LineField(source="post_down")

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        ranges = [*attributes.pop("rangestring", []), *attributes.get("ranges", [])]
        return {**attributes, "ranges": list(dict.fromkeys(ranges))}


@extend_schema_serializer(examples=examples.NODE)
class NodeSerializer(serializers.Serializer):
    """A node as it is answered: see `wire`, which makes it without this, for lists are long."""

    macaddress = serializers.CharField()
    network = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    address6 = serializers.CharField()
    localaddress = serializers.CharField()
    endpoint = serializers.CharField()
    publickey = serializers.CharField()
    publickeyvalid = serializers.BooleanField(help_text="so that it is anybody's peer")
    listenport = serializers.IntegerField()
    interface = serializers.CharField()
    persistentkeepalive = serializers.IntegerField()
    mtu = serializers.IntegerField()
    allowedips = serializers.CharField()
    postup = serializers.CharField()
    postdown = serializers.CharField()
    saveconfig = serializers.BooleanField()
    checkininterval = serializers.IntegerField()
    expdatetime = serializers.IntegerField()
    lastmodified = serializers.IntegerField()
    lastpeerupdate = serializers.IntegerField()
    lastcheckin = serializers.IntegerField()
    keyupdatetimestamp = serializers.IntegerField()
    needkeyupdate = serializers.BooleanField()
    ispending = serializers.BooleanField()
    ishub = serializers.BooleanField()
    tags = serializers.ListField(child=serializers.CharField())
    router = serializers.IntegerField(allow_null=True)
    syncstate = serializers.ChoiceField(Node.Sync.choices)
    syncerror = serializers.CharField()
    onboarding = serializers.CharField(
        help_text="of a router that was set up by the line: `done`, or the step that is not"
    )
    online = serializers.BooleanField()
    lasthandshake = serializers.IntegerField()
    rxbytes = serializers.IntegerField()
    txbytes = serializers.IntegerField()
    observedendpoint = serializers.CharField()
    isgateway = serializers.BooleanField()
    gatewayrange = serializers.CharField()
    isegressgateway = serializers.BooleanField()
    egressgatewayrange = serializers.CharField()
    gatewayranges = serializers.ListField(child=serializers.CharField())
    gatewayinterface = serializers.CharField()
    gatewaynat = serializers.BooleanField()


@extend_schema_serializer(examples=examples.CHECK_IN)
class CheckInSerializer(NodeSerializer):
    """A node at its check-in: what it has to do, and who its peers are."""

    success = serializers.BooleanField()
    needconfigupdate = serializers.BooleanField()
    needpeerupdate = serializers.BooleanField()
    needdelete = serializers.BooleanField()
    nodemessage = serializers.CharField()
    peers = serializers.ListField(child=serializers.DictField())


@extend_schema_serializer(examples=examples.DELETED)
class NodeDeletedSerializer(serializers.Serializer):
    Code = serializers.IntegerField()
    Message = serializers.CharField()
    Response = serializers.JSONField(allow_null=True)
