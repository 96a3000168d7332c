from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import StrictModelSerializer
from routers import keys
from routers.empresas import examples
from routers.keys import NewRouterKey
from routers.models import Router, RouterKey
from routers.rules import RouterFieldRules, RouterPasswordField
from users.models import Company

KEY_TYPE = "router_api_key"


@extend_schema_serializer(examples=examples.EMPRESA)
class EmpresaSerializer(StrictModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    nombre = serializers.CharField(source="name", max_length=100)
    contacto_email = serializers.EmailField(source="contact_email", max_length=100, allow_null=True)
    contacto_telefono = serializers.CharField(
        source="contact_phone", max_length=30, required=False, allow_null=True, allow_blank=True
    )
    activa = serializers.BooleanField(source="is_active", required=False)
    creada_en = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Company
        fields = ("id", "nombre", "contacto_email", "contacto_telefono", "activa", "creada_en")

    def validate_contacto_email(self, email: str | None) -> str:
        return email or ""

    def validate_contacto_telefono(self, phone: str | None) -> str:
        return phone or ""

    def to_representation(self, company: Company) -> dict[str, Any]:
        shown = super().to_representation(company)
        contacts = {name: shown[name] or None for name in ("contacto_email", "contacto_telefono")}
        return {**shown, **contacts}


@extend_schema_serializer(examples=examples.ROUTER)
class EmpresaRouterSerializer(RouterFieldRules, StrictModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    empresa_id = serializers.CharField(source="company.public_id")
    nombre = serializers.CharField(source="name", max_length=100)
    host = serializers.CharField(max_length=253)
    puerto = serializers.IntegerField(source="port", min_value=1, max_value=65535, default=8728)
    usuario = serializers.CharField(source="username", max_length=100, write_only=True)
    password = RouterPasswordField()
    ubicacion = serializers.CharField(
        source="location", max_length=200, required=False, allow_null=True, allow_blank=True
    )
    activo = serializers.BooleanField(source="is_active", read_only=True)
    creado_en = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Router
        fields: tuple[str, ...] = (
            "id", "empresa_id", "nombre", "host", "puerto", "usuario", "password", "ubicacion",
            "activo", "creado_en",
        )  # fmt: skip

    def validate_ubicacion(self, location: str | None) -> str:
        return location or ""

    def to_representation(self, router: Router) -> dict[str, Any]:
        shown = super().to_representation(router)
        return {**shown, "ubicacion": shown["ubicacion"] or None}


@extend_schema_serializer(examples=examples.KEY)
class EmpresaKeySerializer(serializers.ModelSerializer):
    router_id = serializers.CharField(source="router.public_id")
    empresa_id = serializers.CharField(source="router.company.public_id")
    revoked = serializers.SerializerMethodField()
    last_used = serializers.DateTimeField(source="last_used_at", allow_null=True)

    class Meta:
        model = RouterKey
        fields = (
            "key_id", "router_id", "empresa_id", "issued_at", "expires_at", "revoked",
            "revoked_at", "last_used", "use_count",
        )  # fmt: skip

    def get_revoked(self, key: RouterKey) -> bool:
        return key.revoked_at is not None


def key_info(new: NewRouterKey) -> dict[str, Any]:
    """Return what goes with a new key's token."""
    shown = EmpresaKeySerializer(new.row).data
    return {
        **{name: shown[name] for name in ("key_id", "issued_at", "expires_at")},
        "type": KEY_TYPE,
    }


def key_status(router: Router) -> dict[str, Any]:
    """Return the state of a router's key, with the page's advice."""
    key = keys.usable_key(router)
    if key is None:
        return _status_of_none(router)
    warning, recommendation = _advice(key)
    shown = EmpresaKeySerializer(key).data
    return {
        "router_id": router.public_id,
        "has_active_key": True,
        **{name: shown[name] for name in ("key_id", "issued_at", "expires_at")},
        "expires_in_days": keys.days_left(key),
        "last_used": shown["last_used"],
        "use_count": key.use_count,
        "status": "active",
        "warning": warning,
        "recommendation": recommendation,
        "message": None,
    }


def _status_of_none(router: Router) -> dict[str, Any]:
    return {
        "router_id": router.public_id,
        "has_active_key": False,
        "key_id": None,
        "issued_at": None,
        "expires_at": None,
        "expires_in_days": None,
        "last_used": None,
        "use_count": 0,
        "status": "no_key",
        "warning": None,
        "recommendation": "Generar una nueva API Key",
        "message": "No hay API Key activa para este router",
    }


def _advice(key: RouterKey) -> tuple[str | None, str | None]:
    """Warn of the end first: an unused key that expires is the smaller loss."""
    if keys.expires_soon(key):
        days = keys.days_left(key)
        return f"La API Key expira en {days} días", "Considerar regenerar la API Key pronto"
    if key.use_count == 0:
        return (
            "Esta API Key nunca ha sido usada",
            "Verificar que el cliente la esté usando correctamente",
        )
    return None, None


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


class KeyInfo(serializers.Serializer):
    key_id = serializers.CharField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    type = serializers.CharField()


@extend_schema_serializer(examples=examples.NEW_ROUTER)
class NewRouterAnswer(EmpresaRouterSerializer):
    api_key = serializers.CharField(allow_null=True, help_text="shown once; null when replayed")
    api_key_info = KeyInfo()

    class Meta(EmpresaRouterSerializer.Meta):
        fields = (*EmpresaRouterSerializer.Meta.fields, "api_key", "api_key_info")


@extend_schema_serializer(examples=examples.TOGGLED)
class ToggleAnswer(serializers.Serializer):
    message = serializers.CharField()
    router_id = serializers.CharField()
    activo = serializers.BooleanField()


@extend_schema_serializer(examples=examples.DELETED)
class EmpresaRouterDeleted(serializers.Serializer):
    message = serializers.CharField()
    router_id = serializers.CharField()
    empresa_id = serializers.CharField()


@extend_schema_serializer(examples=examples.REGENERATED)
class RegeneratedAnswer(serializers.Serializer):
    message = serializers.CharField()
    router_id = serializers.CharField()
    new_api_key = serializers.CharField(allow_null=True, help_text="shown once; null when replayed")
    api_key_info = KeyInfo()
    previous_key_revoked = serializers.BooleanField()


@extend_schema_serializer(examples=examples.REVOKED)
class RevokedAnswer(serializers.Serializer):
    message = serializers.CharField()
    key_id = serializers.CharField()
    router_id = serializers.CharField()
    revoked_at = serializers.DateTimeField()


@extend_schema_serializer(examples=examples.KEY_STATUS)
class KeyStatusAnswer(serializers.Serializer):
    router_id = serializers.CharField()
    has_active_key = serializers.BooleanField()
    key_id = serializers.CharField(allow_null=True)
    issued_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    expires_in_days = serializers.IntegerField(allow_null=True)
    last_used = serializers.DateTimeField(allow_null=True)
    use_count = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["active", "no_key"])
    warning = serializers.CharField(allow_null=True)
    recommendation = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_null=True)
