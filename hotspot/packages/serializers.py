from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.serializers import RowIdField, StrictModelSerializer
from hotspot.fields import OwnedIdField
from hotspot.models import Package
from hotspot.packages import examples, words
from routers.models import Router

_MOST = 2**31 - 1
_LONGEST_HOURS = 10 * 8784  # ten years


@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^\d{1,12}(\.\d{1,3})?$"})
class PriceField(serializers.DecimalField):
    """A decimal string on the wire; minor units of the package's currency in the database."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=3, min_value=Decimal("0.001"), **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        return money.to_text(instance.price, instance.currency)

    def to_representation(self, value: Any) -> str:
        return str(value)


class OfferSerializer(serializers.ModelSerializer):
    """A package as those see it who may buy it."""

    price = PriceField()
    package_type_display = serializers.CharField(source="get_package_type_display", read_only=True)
    duration_display = serializers.SerializerMethodField()
    download_speed_display = serializers.SerializerMethodField()
    upload_speed_display = serializers.SerializerMethodField()
    speed_display = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields: tuple[str, ...] = (
            "id", "name", "package_type", "package_type_display", "duration_hours",
            "duration_display", "price", "currency", "download_speed_mbps", "upload_speed_mbps",
            "download_speed_display", "upload_speed_display", "speed_display", "data_limit_mb",
            "time_limit_minutes", "devices", "valid_from", "description", "is_active",
        )  # fmt: skip

    def get_duration_display(self, package: Package) -> str:
        return words.duration(package)

    def get_download_speed_display(self, package: Package) -> str:
        return words.speed(package.download_speed_mbps)

    def get_upload_speed_display(self, package: Package) -> str:
        return words.speed(package.upload_speed_mbps)

    def get_speed_display(self, package: Package) -> str:
        return words.both_speeds(package)


@extend_schema_serializer(examples=examples.PACKAGE)
class PackageSerializer(OfferSerializer, StrictModelSerializer):
    router = OwnedIdField(queryset=Router.objects.all())
    router_name = serializers.CharField(source="router.name", read_only=True)
    duration_hours = serializers.IntegerField(min_value=1, max_value=_LONGEST_HOURS)
    download_speed_mbps = serializers.IntegerField(min_value=1, max_value=_MOST)
    upload_speed_mbps = serializers.IntegerField(min_value=1, max_value=_MOST)
    data_limit_mb = serializers.IntegerField(
        min_value=1, max_value=_MOST, required=False, allow_null=True
    )
    time_limit_minutes = serializers.IntegerField(
        min_value=1, max_value=60 * _LONGEST_HOURS, required=False, allow_null=True
    )
    devices = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    currency = serializers.RegexField("^[A-Z]{3}$", max_length=3, required=False)

    create_only_fields = ("router",)

    class Meta(OfferSerializer.Meta):
        fields = (
            *OfferSerializer.Meta.fields, "router", "router_name", "retired_at", "created_at",
            "updated_at",
        )  # fmt: skip
        validators: tuple[Any, ...] = ()  # the database says whether a name is taken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        old = self.instance
        currency = attrs.get("currency", old.currency if old else "KES")
        if "price" in attrs:
            try:
                attrs["price"] = money.to_minor(attrs["price"], currency)
            except ValueError as exc:
                raise serializers.ValidationError({"price": [str(exc)]}) from exc
        elif old and currency != old.currency:
            raise serializers.ValidationError({"price": ["Give the price in the new currency."]})
        return attrs

    def save(self, **kwargs: Any) -> Package:
        try:
            with transaction.atomic():
                return super().save(**kwargs)
        except IntegrityError as exc:
            taken = "This router has a package of that name already."
            raise serializers.ValidationError({"name": [taken]}) from exc


class PackageFilterSerializer(serializers.Serializer):
    """Which packages to list; all that is named must hold."""

    router = RowIdField(required=False)
    retired = serializers.BooleanField(
        default=False, help_text="`true`: those that were deleted after they had sold something"
    )


# --- Answers: their shapes, for the OpenAPI document ----------------------------------------


@extend_schema_serializer(examples=examples.OF_ROUTER)
class RouterPackagesAnswer(serializers.Serializer):
    router_id = serializers.IntegerField()
    router_name = serializers.CharField()
    packages = OfferSerializer(many=True)
    message = serializers.CharField()
