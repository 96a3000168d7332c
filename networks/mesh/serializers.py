from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from cloudpilot.tenancy import Role
from networks import names, platform
from networks.callers import demand_role_in, sees_all
from networks.fields import AddressField, LineField, MeshSerializer, RangeField, unix
from networks.keys.serializers import AccessKeySerializer
from networks.keyupdate.serializers import KeyCountsAnswer
from networks.mesh import examples
from networks.models import Network
from users.models import Company


def _time() -> Any:
    return serializers.IntegerField(read_only=True)


@extend_schema_serializer(examples=examples.NETWORK)
class NetworkSerializer(MeshSerializer):
    netid = serializers.RegexField(
        names.NETID,
        help_text="1 to 12 letters, digits, `-`, `_` and `.`; its name in paths and on routers",
    )
    company = serializers.CharField(
        source="company.public_id", required=False, allow_blank=True, help_text="empty: your own"
    )
    displayname = serializers.RegexField(
        r"^[^\x00-\x1f\x7f]*\Z", source="display_name", required=False, allow_blank=True,
        max_length=100,
    )  # fmt: skip
    addressrange = RangeField(
        4, source="address_range", help_text="empty: one that is free is chosen"
    )
    addressrange6 = RangeField(6, source="address_range6")
    isdualstack = serializers.BooleanField(source="is_dual_stack", required=False)
    islocal = serializers.BooleanField(source="is_local", required=False)
    localrange = RangeField(source="local_range")
    topology = serializers.ChoiceField(
        Network.Topology.choices, required=False, help_text="`hub`: all reach each other by the hub"
    )
    defaultinterface = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z", source="default_interface", required=False,
        allow_blank=True, max_length=15,
    )  # fmt: skip
    defaultlistenport = serializers.IntegerField(
        source="default_listen_port", required=False, min_value=1024, max_value=65535
    )
    defaultkeepalive = serializers.IntegerField(
        source="default_keepalive", required=False, min_value=0, max_value=1000
    )
    mtu = serializers.IntegerField(required=False, min_value=1280, max_value=9000)
    dns = serializers.ListField(
        child=AddressField(allow_blank=False), required=False, max_length=4,
        help_text="addresses that plain peers are told to ask for names",
    )  # fmt: skip
    checkininterval = serializers.IntegerField(
        source="check_in_interval", required=False, min_value=1, max_value=100_000
    )
    allowmanualsignup = serializers.BooleanField(source="allow_manual_signup", required=False)
    defaultpostup = LineField(source="default_post_up")
    defaultpostdown = LineField(source="default_post_down")
    defaultsaveconfig = serializers.BooleanField(source="default_save_config", required=False)
    accesskeys = AccessKeySerializer(source="access_keys", many=True, read_only=True)
    nodeslastmodified = _time()
    networklastmodified = _time()
    keyupdatetimestamp = _time()

    def validate_netid(self, netid: str) -> str:
        network = self.instance
        if network is not None and netid != network.netid:
            raise ValidationError("NetID is not editable.")
        if network is None and netid.lower() in names.RESERVED:
            raise ValidationError("This word has another meaning in paths.")
        return netid

    def validate_company(self, public_id: str) -> str:
        if self.instance is not None and public_id not in ("", self.instance.company.public_id):
            raise ValidationError("A network stays with its company.")
        return public_id

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        named = attributes.pop("company", {}).get("public_id", "")
        if self.instance is not None:
            attributes.pop("netid", None)
            if not attributes.get("default_interface", True):
                del attributes["default_interface"]
            return attributes
        return {**attributes, "company": self._company(named)}

    def _company(self, public_id: str) -> Company:
        caller = self.context["request"].user
        if not public_id:
            company = platform.company_for(caller)
            if company is None:
                raise ValidationError({"company": ["Name the company."]})
        else:
            company = self._named(public_id, caller)
        demand_role_in(caller, company.pk, Role.OPERATOR)
        return company

    def _named(self, public_id: str, caller: Any) -> Company:
        companies = Company.objects.all()
        visible = companies if sees_all(caller) else companies.visible_to(caller)
        company = visible.filter(public_id=public_id).first() if "\0" not in public_id else None
        if company is None:
            raise ValidationError({"company": ["There is no such object."]})
        return company

    def to_representation(self, network: Network) -> dict[str, Any]:
        return {
            **super().to_representation(network),
            "nodeslastmodified": unix(network.nodes_modified_at),
            "networklastmodified": unix(network.modified_at),
            "keyupdatetimestamp": unix(network.key_update_at),
        }


@extend_schema_serializer(examples=examples.KEY_UPDATE)
class KeyUpdateSerializer(NetworkSerializer):
    """The network, and how far its nodes are."""

    keyupdate = KeyCountsAnswer()


@extend_schema_serializer(examples=examples.DELETED)
class DeletedSerializer(serializers.Serializer):
    DeletedCount = serializers.IntegerField()
