"""What a portal's page is shown, and what it may ask."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.serializers import StrictSerializer
from hotspot.models import Package, Voucher
from hotspot.states import LIVE, OPEN

# RouterOS fills these in when it serves the page, so the form posts to the router's own address.
LOGIN_FORM = {
    "method": "post",
    "action": "$(link-login-only)",
    "username_field": "username",
    "password_field": "password",
    "destination_field": "dst",
}
_PACKAGE = {
    "id": 7,
    "name": "Day pass",
    "description": "",
    "package_type": "hourly",
    "duration_hours": 24,
    "price": "50.00",
    "currency": "KES",
    "download_speed_mbps": 5,
    "upload_speed_mbps": 2,
    "data_limit_mb": 2048,
    "time_limit_minutes": None,
    "devices": 1,
    "valid_from": "first_login",
}
CONFIG = {
    "router": {"id": "RTR_0A1B2C3D", "name": "Café Uhuru", "location": "Moi Avenue"},
    "company": {"id": "EMP_0A1B2C3D4E", "name": "Uhuru Coffee"},
    "packages": [_PACKAGE],
    "login": LOGIN_FORM,
}
_VOUCHER = {
    "voucher": {"username": "7K2MQ9XWBTA", "passcode": "7K2MQ9XWBTA"},
    "status": "unused",
    "access": "ready",
    "package": "Day pass",
    "valid_from": "2026-11-21T08:00:00Z",
    "expires_at": None,
    "time_left_seconds": None,
    "data_left_bytes": 2147483648,
}


@extend_schema_serializer(
    examples=[OpenApiExample("A package", response_only=True, value=_PACKAGE)]
)
class PortalPackage(serializers.ModelSerializer):
    """What can be bought here. The price is in units of its currency, as text."""

    price = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields = tuple(_PACKAGE)

    def get_price(self, package: Package) -> str:
        return money.to_text(package.price, package.currency)


class RouterShown(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    location = serializers.CharField()


class CompanyShown(serializers.Serializer):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()


class LoginForm(serializers.Serializer):
    method = serializers.CharField()
    action = serializers.CharField(help_text="RouterOS fills it in when it serves the page")
    username_field = serializers.CharField()
    password_field = serializers.CharField()
    destination_field = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A café's portal",
            response_only=True,
            value=CONFIG,
        )
    ]
)
class PortalConfig(serializers.Serializer):
    router = RouterShown()
    company = CompanyShown()
    packages = PortalPackage(many=True, help_text="what can be bought here")
    login = LoginForm()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "As it is on the card",
            request_only=True,
            value={"code": "7k2m-q9xw-bta", "device": "98:01:A7:CB:BB:00"},
        )
    ]
)
class VoucherCheck(StrictSerializer):
    code = serializers.CharField(max_length=100)
    passcode = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="of a voucher that has one besides its code",
    )
    device = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="the guest's device, as RouterOS has it in `$(mac)`",
    )


class AccessField(serializers.ChoiceField):
    """What `access_of` says of a voucher."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = (
            "whether the router lets it in: not now, as soon as it has heard of it, or yes"
        )
        super().__init__(["none", "activating", "ready"], **kwargs)


class Credentials(serializers.Serializer):
    username = serializers.CharField()
    passcode = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("Good", response_only=True, value=_VOUCHER)])
class VoucherShown(serializers.Serializer):
    voucher = Credentials(help_text="what the login form posts to the router")
    status = serializers.ChoiceField(sorted(LIVE))
    access = AccessField()
    package = serializers.CharField(allow_null=True)
    valid_from = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    time_left_seconds = serializers.IntegerField(allow_null=True)
    data_left_bytes = serializers.IntegerField(allow_null=True)


def shown(voucher: Voucher, status: str) -> dict[str, Any]:
    """Return what a guest may know of the voucher in hand."""
    return {
        "voucher": credentials_of(voucher),
        "status": status,
        "access": access_of(voucher, status),
        "package": voucher.package.name if voucher.package else None,
        "valid_from": voucher.valid_from,
        "expires_at": voucher.expires_at,
        "time_left_seconds": _time_left(voucher),
        "data_left_bytes": _data_left(voucher),
    }


def credentials_of(voucher: Voucher) -> dict[str, str]:
    """Return what a guest types at the router."""
    code = voucher.code  # opened each time that it is read
    return {"username": code, "passcode": voucher.password or code}


def access_of(voucher: Voucher, status: str) -> str:
    """Return whether the router lets the voucher in."""
    if status not in OPEN:
        return "none"
    return "ready" if voucher.on_router_at else "activating"


def _time_left(voucher: Voucher) -> int | None:
    if voucher.time_limit is None:
        return None
    return int((voucher.time_limit - voucher.online_time).total_seconds())


def _data_left(voucher: Voucher) -> int | None:
    if voucher.data_limit is None:
        return None
    return voucher.data_limit - voucher.uploaded - voucher.downloaded
