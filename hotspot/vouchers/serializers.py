from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.jobs.serializers import JobSerializer
from cloudpilot.serializers import StrictSerializer
from hotspot.fields import MacAddressField, MomentField, OwnedIdField
from hotspot.issuing import MEGABYTE
from hotspot.models import Batch, Package, Voucher
from hotspot.states import State
from hotspot.vouchers import examples, rows

MOST_AT_ONCE = 10_000
_MOST_HOURS = 10 * 8784  # ten years
_MOST_MEGABYTES = 2**31 - 1


class SecondsField(serializers.IntegerField):
    """A length of time in whole seconds."""

    def to_representation(self, value: Any) -> Any:
        return rows.seconds(value)


@extend_schema_serializer(examples=examples.VOUCHER)
class VoucherSerializer(serializers.ModelSerializer):
    """One voucher; lists are made by `rows.shown`."""

    code = serializers.CharField(help_text="the user name; text, whatever it looks like")
    password = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    router = serializers.IntegerField(source="router_id")
    router_name = serializers.CharField(source="router.name")
    package = serializers.IntegerField(source="package_id", allow_null=True)
    package_name = serializers.CharField(source="package.name", allow_null=True, default=None)
    batch = serializers.IntegerField(source="batch_id", allow_null=True)
    on_router = serializers.SerializerMethodField(help_text="whether the router has it")
    lifetime_seconds = SecondsField(source="lifetime", allow_null=True)
    time_limit_seconds = SecondsField(source="time_limit", allow_null=True)
    online_seconds = SecondsField(source="online_time")
    data_limit = serializers.IntegerField(allow_null=True, help_text="bytes, both ways together")
    upload_limit = serializers.IntegerField(allow_null=True)
    download_limit = serializers.IntegerField(allow_null=True)
    uploaded = serializers.IntegerField(help_text="bytes")
    downloaded = serializers.IntegerField(help_text="bytes")

    class Meta:
        model = Voucher
        fields = (
            "id", "code", "password", "full_name", "state", "source", "router", "router_name",
            "package", "package_name", "batch", "on_router", "problem", "valid_from", "expires_at",
            "paused_at", "revoked_at", "lifetime_seconds", "time_limit_seconds", "data_limit",
            "upload_limit", "download_limit", "upload_speed_mbps", "download_speed_mbps",
            "devices", "bound_mac", "first_login_at", "last_login_at", "mac_address",
            "online_seconds", "uploaded", "downloaded", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_password(self, voucher: Voucher) -> str:
        return str(voucher.password or voucher.code)

    def get_state(self, voucher: Voucher) -> State:
        return voucher.state_at(timezone.now())

    def get_on_router(self, voucher: Voucher) -> bool:
        return voucher.on_router_at is not None


class CodeField(serializers.RegexField):
    """A user name or password as somebody chose it: printable, and without spaces at its ends."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[!-~](?:[ -~]*[!-~])?$", trim_whitespace=False, **kwargs)


@extend_schema_serializer(examples=examples.NEW)
class NewVoucherSerializer(StrictSerializer):
    package = OwnedIdField(queryset=Package.objects.select_related("router", "company"))
    code = CodeField(
        min_length=4, max_length=64, required=False, help_text="a random one if it is left out"
    )
    password = CodeField(max_length=64, required=False, help_text="the code if it is left out")
    full_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    valid_from = MomentField(required=False, help_text="now if it is left out")
    bound_mac = MacAddressField(required=False, help_text="the only device that may use it")


@extend_schema_serializer(examples=examples.EXTEND)
class ExtendSerializer(StrictSerializer):
    hours = serializers.IntegerField(min_value=1, max_value=_MOST_HOURS, required=False)
    online_minutes = serializers.IntegerField(
        min_value=1, max_value=60 * _MOST_HOURS, required=False
    )
    data_mb = serializers.IntegerField(min_value=1, max_value=_MOST_MEGABYTES, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Say by how much: hours, online_minutes or data_mb.")
        return {
            "lifetime": timedelta(hours=attrs.get("hours", 0)),
            "time_limit": timedelta(minutes=attrs.get("online_minutes", 0)),
            "data_limit": attrs.get("data_mb", 0) * MEGABYTE,
        }


@extend_schema_serializer(examples=examples.MOVE)
class MoveSerializer(StrictSerializer):
    mac_address = MacAddressField(allow_blank=True, help_text="empty: whichever comes next")


@extend_schema_serializer(examples=examples.REVOKED)
class VouchersRevokedAnswer(serializers.Serializer):
    revoked = serializers.IntegerField()


@extend_schema_serializer(examples=examples.REVOKING)
class RevokingAnswer(serializers.Serializer):
    """There are many, and a job goes through them."""

    job = JobSerializer()


class BatchProgressSerializer(serializers.Serializer):
    live = serializers.IntegerField(help_text="may be used, now or later")
    on_router = serializers.IntegerField(help_text="how many of those the router has")
    problems = serializers.IntegerField(help_text="how many of those the router cannot take as is")


@extend_schema_serializer(examples=examples.BATCH)
class VoucherBatchSerializer(StrictSerializer, serializers.ModelSerializer):
    router = serializers.IntegerField(source="router_id", read_only=True)
    package = OwnedIdField(queryset=Package.objects.select_related("router", "company"))
    package_name = serializers.CharField(source="package.name", read_only=True)
    count = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE)
    price = serializers.SerializerMethodField(help_text="of one voucher")
    user = serializers.CharField(source="user_name", read_only=True)

    class Meta:
        model = Batch
        fields: tuple[str, ...] = (
            "id", "router", "package", "package_name", "name", "count", "price", "currency",
            "user", "created_at",
        )  # fmt: skip
        read_only_fields = ("currency",)

    def get_price(self, batch: Batch) -> str:
        return money.to_text(batch.price, batch.currency)


@extend_schema_serializer(examples=examples.BATCH_WITH_PROGRESS)
class VoucherBatchWithProgressSerializer(VoucherBatchSerializer):
    progress = serializers.SerializerMethodField()

    class Meta(VoucherBatchSerializer.Meta):
        fields = (*VoucherBatchSerializer.Meta.fields, "progress")

    @extend_schema_field(BatchProgressSerializer)
    def get_progress(self, batch: Batch) -> dict[str, int]:
        live = batch.vouchers.live(timezone.now())
        troubled = Count("pk", filter=Q(problem__gt=""))
        return live.aggregate(live=Count("pk"), on_router=Count("on_router_at"), problems=troubled)
