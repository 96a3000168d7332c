from functools import partial
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot.crypto import SecretUnreadable
from cloudpilot.serializers import (
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
    own_company,
)
from routers import connections, examples
from routers.commands import METHODS
from routers.fleet import sweeps
from routers.fleet.serializers import StatusField
from routers.models import DEFAULT_PORTS, Router, RouterKey
from routers.reconcile import services as reconcile
from routers.routeros import Transport
from routers.rules import RouterFieldRules, RouterPasswordField
from users.models import Company

# A change of one of these makes what we knew of the router's state worthless.
_ENDPOINT_FIELDS = {"host", "port", "username", "password", "use_https", "chosen_transport"}


class TransportField(serializers.ChoiceField):
    """Shows the transport in use; takes the one to use, or an empty string to follow the port."""

    def get_attribute(self, router: Router) -> Transport:
        return router.transport

    def to_representation(self, value: Any) -> str:
        return str(value)


@extend_schema_serializer(examples=examples.ROUTER)
class RouterSerializer(RouterFieldRules, StrictModelSerializer):
    company = CompanyField(queryset=Company.objects.all(), required=False)
    port = serializers.IntegerField(min_value=1, max_value=65535, required=False)
    password = RouterPasswordField()
    transport = TransportField(
        choices=[(t.value, t.value) for t in Transport],
        source="chosen_transport",
        required=False,
        allow_blank=True,
        help_text="as it was shown: no change; empty: follow the port",
    )
    tls_fingerprint = serializers.RegexField(
        r"^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$",
        required=False,
        allow_blank=True,
        max_length=95,
        help_text="SHA-256 of the router's certificate; empty to trust the next one it shows",
    )

    status = StatusField(read_only=True)

    create_only_fields = ("company",)
    volatile_fields = ("is_online", "last_checked", "status", "updated_at")

    class Meta:
        model = Router
        fields = (
            "id", "public_id", "company", "name", "host", "port", "username", "password",
            "use_https", "transport", "tls_fingerprint", "location", "time_zone", "is_active",
            "is_online", "last_checked", "status", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("public_id", "is_online", "last_checked")

    def validate_tls_fingerprint(self, fingerprint: str) -> str:
        return fingerprint.replace(":", "").lower()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            if "company" not in attrs:
                attrs["company"] = self._default_company()
            attrs.setdefault("port", _default_port(attrs))
        return super().validate(attrs)

    def _default_company(self) -> Company:
        """Return the company that whoever made this serializer named, or the caller's own."""
        if "company" in self.context:
            return self.context["company"]
        return own_company(self.context["request"].user)

    def create(self, attrs: dict[str, Any]) -> Router:
        with transaction.atomic():
            router: Router = super().create(attrs)
            reconcile.mark_dirty([router.pk])
        return router

    def update(self, router: Router, changes: dict[str, Any]) -> Router:
        """Write what changed, and no other column: what others change meanwhile stays."""
        self.changed = [name for name, value in changes.items() if _differs(router, name, value)]
        for name in self.changed:
            setattr(router, name, changes[name])
        written = {*self.changed, "updated_at"}
        if written & _ENDPOINT_FIELDS:
            router.is_online = False
            sweeps.look_anew(router)
            written.add("is_online")
            transaction.on_commit(partial(connections.forget, router))
        router.save(update_fields=written)
        if written & {*_ENDPOINT_FIELDS, "is_active"}:
            reconcile.mark_dirty([router.pk])
        return router


def _default_port(attrs: dict[str, Any]) -> int:
    transport = attrs.get("chosen_transport")
    if not transport:
        transport = Transport.API_SSL if attrs.get("use_https") else Transport.API
    return DEFAULT_PORTS[Transport(transport)]


def _differs(router: Router, name: str, value: Any) -> bool:
    if name == "chosen_transport" and value == router.transport:
        return False  # what was shown comes back: a transport that follows the port still does
    try:
        return bool(getattr(router, name) != value)
    except SecretUnreadable:
        return True


_VALUES = ({"type": "string"}, {"type": "number"}, {"type": "boolean"})
_WORDS = {"type": "array", "items": {"type": "string"}}  # of .query and .proplist
_ROW = {"type": "object", "additionalProperties": {"type": "string"}}


@extend_schema_field(
    {"type": "object", "additionalProperties": {"anyOf": [*_VALUES, _WORDS], "nullable": True}}
)
class AttributesField(serializers.DictField):
    pass


@extend_schema_field({"oneOf": [{"type": "array", "items": _ROW}, _ROW]})
class ResultField(serializers.JSONField):
    pass


class CommandSerializer(StrictSerializer):
    command = serializers.CharField(max_length=4000)
    method = serializers.ChoiceField(
        choices=[(m, m) for m in METHODS],
        default="GET",
        help_text="what a path with no command means: GET print, PUT add, PATCH set, DELETE remove",
    )
    params = AttributesField(required=False, help_text="conditions of a print")
    confirm = serializers.BooleanField(
        default=False, help_text="needed by commands that can cut off or wipe the router"
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # Not as an attribute: there `data` is the serializer's own.
        arguments = AttributesField(required=False, help_text="arguments of the command")
        return {**super().get_fields(), "data": arguments}

    def to_internal_value(self, data: Any) -> Any:
        method = data.get("method") if hasattr(data, "get") else None
        if isinstance(method, str):  # the original took it in any case
            data = {**data, "method": method.upper()}
        return super().to_internal_value(data)


@extend_schema_serializer(examples=examples.ROUTER_KEY)
class RouterKeySerializer(serializers.ModelSerializer):
    class Meta:
        model = RouterKey
        fields = (
            "key_id", "issued_at", "expires_at", "revoked_at", "last_used_at", "use_count",
        )  # fmt: skip
        read_only_fields = fields


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


class DeletedAnswer(serializers.Serializer):
    message = serializers.CharField()


class ConnectionTestAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    is_online = serializers.BooleanField()
    message = serializers.CharField()
    reason = serializers.ChoiceField(
        choices=["unreachable", "timeout", "auth_failed", "tls_untrusted", "not_routeros"],
        required=False,
        help_text="only when the router is not online",
    )
    detail = serializers.CharField(required=False)


class CommandAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    command = serializers.CharField()
    method = serializers.CharField()
    result = ResultField(help_text="rows; one object for a singleton menu; `ret` for an add")
    message = serializers.CharField()


class DeviceInfo(serializers.Serializer):
    identity = serializers.CharField()
    cpu_load = serializers.CharField(help_text="per cent, such as 7%")
    free_memory = serializers.CharField(help_text="bytes")
    total_memory = serializers.CharField(help_text="bytes")
    free_hdd_space = serializers.CharField(help_text="bytes")
    total_hdd_space = serializers.CharField(help_text="bytes")
    version = serializers.CharField()
    uptime = serializers.CharField(help_text="as RouterOS writes it, such as 1w2d3h4m5s")


class DeviceInfoAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    device_info = DeviceInfo()
    message = serializers.CharField()


@extend_schema_serializer(examples=examples.NEW_ROUTER_KEY)
class NewRouterKeyAnswer(serializers.Serializer):
    api_key = serializers.CharField(allow_null=True, help_text="shown once; null when replayed")
    api_key_info = RouterKeySerializer()
    previous_key_revoked = serializers.BooleanField()


@extend_schema_serializer(examples=examples.ROUTER_KEY_STATUS)
class RouterKeyStatusAnswer(serializers.Serializer):
    has_active_key = serializers.BooleanField()
    api_key_info = RouterKeySerializer(allow_null=True)
    expires_in_days = serializers.IntegerField(allow_null=True)
    expires_soon = serializers.BooleanField(help_text="in less than 30 days")


@extend_schema_serializer(examples=examples.REVOKED_ROUTER_KEY)
class RevokedKeyAnswer(serializers.Serializer):
    message = serializers.CharField()
    api_key_info = RouterKeySerializer()
