from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from cloudpilot.crypto import SecretUnreadable
from cloudpilot.serializers import (
    CompanyField,
    OptionalBooleanField,
    StrictModelSerializer,
    StrictSerializer,
    own_company,
)
from payments import providers
from payments.credentials import examples, services
from payments.errors import PrivateKeyInvalid
from payments.gateways.base import Environment
from payments.models import Credentials
from payments.models.credentials import ENVIRONMENTS
from users.models import Company
from users.serializers import PasswordField

_SHORTEST_KEY, _LONGEST_KEY = 10, 255
_LONGEST_EXTRA = 16_384  # several public keys, as PEM


class KeyField(serializers.CharField):
    """One half of the keys, which is taken and never shown."""

    def __init__(self, **kwargs: Any) -> None:
        lengths = {"min_length": _SHORTEST_KEY, "max_length": _LONGEST_KEY}
        super().__init__(**{**lengths, "write_only": True, **kwargs})


class PrivateKeyField(KeyField):
    """A private key alone, whose refusals have the original's words; `missing` is for none."""

    def __init__(self, missing: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.missing = missing

    def run_validation(self, data: Any = empty) -> Any:
        text = data.strip() if isinstance(data, str) else data
        if text is None or text == "" or (text is empty and self.required):
            raise PrivateKeyInvalid(self.missing)
        if self.required and isinstance(text, str) and len(text) < _SHORTEST_KEY:
            raise PrivateKeyInvalid(f"Private key must be at least {_SHORTEST_KEY} characters long")
        return super().run_validation(text)


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "string", "nullable": True}}
)
class ExtraField(serializers.DictField):
    """The provider's further fields. Secret ones are shown as null, which leaves them as they are."""

    child = serializers.CharField(max_length=_LONGEST_EXTRA, allow_blank=True, allow_null=True)

    def get_attribute(self, row: Credentials) -> dict[str, str | None]:
        return services.shown_extra(row)


@extend_schema_serializer(examples=examples.CREDENTIALS, component_name="PaymentCredentials")
class CredentialsSerializer(StrictModelSerializer):
    company = CompanyField(
        queryset=Company.objects.all(), required=False, help_text="by default, your own"
    )
    provider = serializers.ChoiceField(choices=providers.NAMES, source="named")
    provider_display = serializers.SerializerMethodField()
    environment = serializers.ChoiceField(choices=ENVIRONMENTS, required=False)
    is_active = OptionalBooleanField(required=False)
    is_live = serializers.SerializerMethodField()
    is_sandbox = serializers.SerializerMethodField()
    api_key = KeyField()
    private_key = KeyField()
    extra = ExtraField(required=False)
    last4 = serializers.CharField(source="in_use.last4", read_only=True)
    fingerprint = serializers.CharField(source="in_use.fingerprint", read_only=True)
    identity = serializers.CharField(
        source="in_use.identity", read_only=True, help_text="who the provider says it is"
    )
    verified_at = serializers.DateTimeField(
        source="in_use.verified_at", read_only=True, allow_null=True
    )
    webhook_url = serializers.SerializerMethodField(help_text="enter this at the provider")
    paid_without_webhook = serializers.IntegerField(
        source="unheard",
        read_only=True,
        help_text="payments found by asking since a webhook last came; many: the address is wrong",
    )
    deactivated = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="the credentials that this very request put out of use in favour of these",
    )

    create_only_fields = ("company", "provider")
    volatile_fields = (
        "updated_at", "verified_at", "identity", "last_webhook_at", "paid_without_webhook",
        "deactivated",
    )  # fmt: skip

    class Meta:
        model = Credentials
        fields = (
            "id", "company", "provider", "provider_display", "environment", "label", "is_active",
            "is_live", "is_sandbox", "api_key", "private_key", "extra", "last4", "fingerprint",
            "identity", "verified_at", "webhook_url", "last_webhook_at",
            "paid_without_webhook", "deactivated", "created_at", "updated_at",
        )  # fmt: skip
        extra_kwargs = {"last_webhook_at": {"source": "webhook_at", "read_only": True}}

    def get_provider_display(self, row: Credentials) -> str:
        return providers.name_of(row.named)

    def get_is_live(self, row: Credentials) -> bool:
        return row.environment == Environment.LIVE

    def get_is_sandbox(self, row: Credentials) -> bool:
        return row.environment == Environment.SANDBOX

    def get_webhook_url(self, row: Credentials) -> str | None:
        try:
            return row.webhook_url
        except SecretUnreadable:  # one lost key is no reason to show none of the rest
            return None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and "company" not in attrs:
            attrs["company"] = own_company(self.context["request"].user)
        return attrs


@extend_schema_serializer(examples=examples.NEW_PRIVATE_KEY)
class NewPrivateKeySerializer(StrictSerializer):
    private_key = PrivateKeyField("Private key is required")


@extend_schema_serializer(examples=examples.VERIFY)
class VerifySerializer(StrictSerializer):
    private_key = PrivateKeyField(
        "Private key is required for verification",
        required=False,
        min_length=1,
        help_text="compared with the one that is kept; without it, the provider is asked",
    )


@extend_schema_serializer(examples=examples.PASSWORD)
class FreshPasswordSerializer(StrictSerializer):
    password = PasswordField(required=False)


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


@extend_schema_serializer(examples=examples.KEY_UPDATED)
class ChangedAnswer(serializers.Serializer):
    message = serializers.CharField()
    credentials = CredentialsSerializer()


class _OfCredentialsAnswer(serializers.Serializer):
    credentials_id = serializers.IntegerField()
    provider = serializers.CharField()
    provider_display = serializers.CharField()


@extend_schema_serializer(examples=examples.VERIFIED)
class VerifyAnswer(_OfCredentialsAnswer):
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    message = serializers.CharField()
    identity = serializers.CharField(required=False)
    verified_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.CharField(required=False)


@extend_schema_serializer(examples=examples.PRIVATE_KEY)
class PrivateKeyAnswer(_OfCredentialsAnswer):
    private_key = serializers.CharField()
    message = serializers.CharField()
