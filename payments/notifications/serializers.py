from collections.abc import Sequence
from typing import Any

from django.core.validators import EmailValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.hosts import HostNotAllowed
from cloudpilot.serializers import CompanyField, StrictModelSerializer, StrictSerializer
from cloudpilot.tenancy import Role, demand_role
from payments.models import Channel, Delivery, DeliveryAttempt, Endpoint, Listener, Notice
from payments.notifications import examples, listeners, signing, targets
from users.models import Company

_MOST_ADDRESSES = 10
_HEALTH = ("ended_because", "last_failure", "failing_since", "paused_until")
# What people are told unless they ask for something else.
_FOR_PEOPLE = [Notice.Kind.COMPLETED, Notice.Kind.REVIEW, Notice.Kind.FAILED]


class KindsField(serializers.ListField):
    """Kinds of notices, each once and in one order."""

    child = serializers.ChoiceField(choices=Notice.Kind.choices)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_empty=False, max_length=20, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        wanted = super().to_internal_value(data)
        return [kind for kind in Notice.Kind.values if kind in wanted]


class ListenerSerializer(StrictModelSerializer):
    """What endpoints and channels have in common. Owners alone say where money is told of."""

    id = serializers.CharField(source="public_id", read_only=True)
    company = CompanyField(queryset=Company.objects.all(), required=False)
    kinds = KindsField()
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    ended_because = serializers.CharField(
        read_only=True, help_text="by_hand, gone, refusing or failing; empty while it is active"
    )

    create_only_fields: tuple[str, ...] = ("company",)
    volatile_fields: tuple[str, ...] = (*_HEALTH, "updated_at")
    default_kinds: Sequence[str] = Notice.Kind.values

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            user = self.context["request"].user
            company = attrs.setdefault("company", user.personal_company)
            if company is None:
                raise serializers.ValidationError({"company": ["Name the company."]})
            demand_role(user, company.pk, Role.OWNER)
            attrs.setdefault("kinds", [str(kind) for kind in self.default_kinds])
        return attrs

    def create(self, attrs: dict[str, Any]) -> Any:
        listeners.demand_room(self.Meta.model, attrs["company"])
        return super().create(attrs)

    def update(self, row: Any, changes: dict[str, Any]) -> Any:
        """Write what changed. What failed with the old address, or keys, is no news of the new."""
        is_active = changes.pop("is_active", row.is_active)
        for name, value in changes.items():
            setattr(row, name, value)
        if is_active and (not row.is_active or changes):
            listeners.switch_on(row)
        elif row.is_active and not is_active:
            listeners.switch_off(row, Listener.Ended.BY_HAND)
        else:
            row.save()
        return row


@extend_schema_serializer(examples=examples.ENDPOINT)
class EndpointSerializer(ListenerSerializer):
    url = serializers.CharField(max_length=500, help_text="where the webhooks are sent to")

    volatile_fields = (*ListenerSerializer.volatile_fields, "previous_secret_until")

    class Meta:
        model = Endpoint
        fields: tuple[str, ...] = (
            "id", "company", "url", "kinds", "description", "is_active", *_HEALTH,
            "previous_secret_until", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (*_HEALTH, "previous_secret_until")

    def validate_url(self, url: str) -> str:
        try:
            canonical = targets.canonical(url)
        except (targets.UrlNotAllowed, HostNotAllowed) as exc:
            raise serializers.ValidationError(str(exc)) from exc
        if len(canonical) > 500:
            raise serializers.ValidationError("The address is too long.")
        return canonical

    def create(self, attrs: dict[str, Any]) -> Endpoint:
        endpoint: Endpoint = super().create({**attrs, "secret": signing.new_secret()})
        return endpoint


@extend_schema_serializer(examples=examples.CHANNEL)
class ChannelSerializer(ListenerSerializer):
    medium = serializers.ChoiceField(choices=Channel.Medium.choices)
    addresses = serializers.ListField(
        child=serializers.EmailField(max_length=254),
        required=False,
        max_length=_MOST_ADDRESSES,
        help_text="e-mail: who is written to",
    )
    chat_id = serializers.RegexField(
        r"^(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})$",
        required=False,
        allow_blank=True,
        help_text="Telegram: the chat's number, or a channel's @name",
    )
    bot_token = serializers.RegexField(
        r"^[0-9]{3,20}:[A-Za-z0-9_-]{20,100}$",
        write_only=True,
        required=False,
        help_text="Telegram: of the bot that writes; never shown again",
    )

    create_only_fields = ("company", "medium")
    default_kinds = _FOR_PEOPLE

    class Meta:
        model = Channel
        fields = (
            "id", "company", "medium", "addresses", "chat_id", "bot_token", "kinds", "description",
            "is_active", *_HEALTH, "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = _HEALTH

    def validate_addresses(self, addresses: list[str]) -> list[str]:
        if not all(address.isascii() for address in addresses):
            raise serializers.ValidationError([EmailValidator.message])
        return list(dict.fromkeys(addresses))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        medium = self.instance.medium if self.instance else attrs["medium"]
        needed, strange = _FIELDS_OF[medium], _FIELDS_OF[_OTHER[medium]]
        errors = {
            name: ["This medium needs it."]
            for name in needed
            if not attrs.get(name, getattr(self.instance, name, None))
        }
        errors |= {name: ["This medium has none."] for name in strange if attrs.get(name)}
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


_FIELDS_OF = {
    Channel.Medium.TELEGRAM: ("chat_id", "bot_token"),
    Channel.Medium.EMAIL: ("addresses",),
}
_OTHER = {
    Channel.Medium.TELEGRAM: Channel.Medium.EMAIL,
    Channel.Medium.EMAIL: Channel.Medium.TELEGRAM,
}


class AttemptAnswer(serializers.ModelSerializer):
    class Meta:
        model = DeliveryAttempt
        fields = ("number", "at", "duration_ms", "status", "failure")
        read_only_fields = fields


@extend_schema_serializer(examples=examples.DELIVERY)
class DeliverySerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id")
    endpoint = serializers.CharField(source="endpoint.public_id")
    message = serializers.CharField(source="message_id", help_text="the header `webhook-id`")
    payment = serializers.SerializerMethodField()
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id", "endpoint", "message", "kind", "payment", "state", "attempts", "due_at",
            "created_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_payment(self, delivery: Delivery) -> str | None:
        return delivery.notice.data["payment"] if delivery.notice else None

    def get_due_at(self, delivery: Delivery) -> str | None:
        """Return when it is sent next, at the earliest."""
        if delivery.state != Delivery.State.WAITING:
            return None
        field = serializers.DateTimeField()
        shown: str | None = field.to_representation(delivery.due_at)
        return shown


@extend_schema_serializer(examples=examples.ONE_DELIVERY)
class OneDeliverySerializer(DeliverySerializer):
    """With its last tries."""

    tries = serializers.SerializerMethodField()

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "tries")
        read_only_fields = fields

    def get_tries(self, delivery: Delivery) -> list[dict[str, Any]]:
        return list(AttemptAnswer(delivery.tries.order_by("-number")[:50], many=True).data)


class DeliveryFilter(serializers.Serializer):
    """Which deliveries a list is to show."""

    endpoint = serializers.CharField(max_length=20, required=False)
    payment = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)


@extend_schema_serializer(examples=examples.REPLAY)
class ReplaySerializer(StrictSerializer):
    since = serializers.DateTimeField(help_text="what came up then or later")


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


@extend_schema_serializer(examples=examples.NEW_ENDPOINT)
class NewEndpointAnswer(EndpointSerializer):
    """The endpoint, and what its receiver verifies webhooks with; shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")


@extend_schema_serializer(examples=examples.REPLAYED)
class ReplayedAnswer(serializers.Serializer):
    replayed = serializers.IntegerField()


@extend_schema_serializer(examples=examples.QUEUED)
class QueuedAnswer(serializers.Serializer):
    message = serializers.CharField()
