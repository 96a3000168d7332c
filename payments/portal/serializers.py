"""What a guest sends to buy, and what they are shown of what they bought."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.serializers import StrictSerializer
from hotspot.fields import IdField, MacAddressField
from hotspot.models import Package
from hotspot.portal.serializers import CONFIG, AccessField, PortalConfig, access_of, credentials_of
from hotspot.states import State as VoucherState
from payments import phones, providers
from payments.credentials import services as credentials
from payments.gateways.base import Means
from payments.models import Credentials as Account
from payments.models import Payment
from payments.portal.lookup import SHORTEST
from payments.states import CLOSED, OPEN, Status, status_of

_METHOD = {
    "method": "kopokopo",
    "name": "Kopo Kopo",
    "means": ["phone"],
    "currencies": ["KES"],
    "environment": "live",
    "public_key": None,
}
_PURCHASE = {
    "receipt": "7K2MQ9XWBTA4HNPC6RDVE3FZYJ8",
    "status": "pending",
    "amount": "50.00",
    "currency": "KES",
    "package": "Day pass",
    "voucher": None,
    "access": "none",
    "expires_at": None,
    "pay_url": None,
    "reason": None,
}
_PAID = {
    **_PURCHASE,
    "status": "completed",
    "voucher": {"username": "7K2MQ9XWBTA", "passcode": "7K2MQ9XWBTA"},
    "access": "activating",
}
# Why a payment failed, where the guest can do something about it. All else is the operator's.
REASONS = {
    "cancelled": "the guest said no",
    "no_answer": "nobody answered the prompt",
    "wrong_pin": "the PIN was wrong",
    "insufficient_funds": "there is not enough money in the account",
    "limit_reached": "the account's own limits do not allow it",
    "phone_busy": "the phone is busy with another prompt",
    "phone_not_supported": "the number is none that can be asked",
    "prompt_not_sent": "the prompt did not reach the phone",
    "card_declined": "the bank said no to the card",
    "card_details_wrong": "the card's number or code was wrong, or the page's token of it",
    "card_expired": "the card's date is over, or wrong",
    "call_your_bank": "the bank wants to be asked first",
    "provider_unreachable": "the provider does not answer; another method may",
    "failed": "for another reason",
}
# What a guest is told instead; who pays with a stolen card is not told how that was seen.
_TOLD_AS = {
    "card_disabled": "card_declined",
    "card_token_invalid": "card_details_wrong",
    "duplicated": "card_declined",
    "high_risk": "card_declined",
    "provider_busy": "provider_unreachable",
}


class MethodShown(serializers.Serializer):
    method = serializers.CharField(help_text="what a purchase names it by")
    name = serializers.CharField()
    means = serializers.ListField(child=serializers.ChoiceField([m.value for m in Means]))
    currencies = serializers.ListField(child=serializers.CharField())
    environment = serializers.CharField(help_text="`sandbox`: no real money moves")
    public_key = serializers.CharField(
        allow_null=True, help_text="what the provider's own page script makes card tokens with"
    )


def way_shown(account: Account) -> dict[str, Any]:
    """Return what a portal page needs to know of an account that guests can pay into."""
    gateway = providers.gateway_of(account.provider)
    takes_cards = Means.CARD in gateway.means
    return {
        "method": account.provider,
        "name": gateway.name,
        "means": sorted(gateway.means),
        "currencies": sorted(gateway.currencies),
        "environment": account.environment,
        "public_key": credentials.in_use(account).api_key if takes_cards else None,
    }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A café's portal", response_only=True, value={**CONFIG, "methods": [_METHOD]}
        )
    ]
)
class PortalConfigWithMethods(PortalConfig):
    methods = MethodShown(many=True, help_text="how guests can pay; the first is the default")


class OnSaleField(IdField):
    """A package that the router in the context sells."""

    def get_queryset(self) -> QuerySet[Package]:
        return self.context["router"].packages.on_sale()


class PhoneField(serializers.CharField):
    """A guest's phone number as people write it; kept as E.164."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        try:
            return phones.normalise(typed)
        except phones.NotAPhone as exc:
            raise serializers.ValidationError(str(exc)) from exc


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "By phone",
            request_only=True,
            value={
                "package": 7,
                "phone_number": "0712 345 678",
                "mac_address": "98:01:A7:CB:BB:00",
                "ip_address": "10.5.50.12",
            },
        )
    ]
)
class PurchaseOrder(StrictSerializer):
    package = OnSaleField(queryset=Package.objects.none())
    phone_number = PhoneField(
        required=False, allow_blank=True, default="", help_text="who is asked, and finds it again"
    )
    method = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        default="",
        help_text="one of the portal's methods; left out, the first that takes the currency",
    )
    card_token = serializers.CharField(
        max_length=255, required=False, allow_blank=True, default="",
        help_text="made of a card by the provider's own page script",
    )  # fmt: skip
    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True,
        help_text="which card payments need",
    )  # fmt: skip
    mac_address = MacAddressField(
        required=False, allow_blank=True, help_text="`$(mac)` of the login page"
    )
    ip_address = serializers.IPAddressField(
        required=False, allow_blank=True, help_text="`$(ip)` of the login page"
    )

    def order(self) -> dict[str, Any]:
        """Return what was ordered, in the words of `purchasing.purchase`."""
        order = dict(self.validated_data)
        order["phone"] = order.pop("phone_number")
        return order


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "By the end of a receipt",
            request_only=True,
            value={"phone_number": "0712 345 678", "receipt": "FZYJ8"},
        )
    ]
)
class PurchaseLookup(StrictSerializer):
    phone_number = PhoneField(help_text="that was paid with")
    receipt = serializers.CharField(
        min_length=SHORTEST,
        max_length=100,
        help_text="ours or its last characters, or the M-Pesa receipt",
    )
    mac_address = MacAddressField(required=False, allow_blank=True)

    def question(self) -> dict[str, str]:
        """Return what is asked, in the words of `lookup.find`."""
        asked = self.validated_data
        return {
            "phone": asked["phone_number"],
            "receipt": asked["receipt"],
            "device": asked.get("mac_address", ""),
        }


# Written out: a reference to a component could not say that it may be null.
@extend_schema_field(
    {
        "type": "object",
        "properties": {"username": {"type": "string"}, "passcode": {"type": "string"}},
        "required": ["username", "passcode"],
    }
)
class VoucherField(serializers.DictField):
    """What a guest types at the router."""


@extend_schema_serializer(
    examples=[
        OpenApiExample("Waiting for the guest", response_only=True, value=_PURCHASE),
        OpenApiExample("Paid", response_only=True, value=_PAID),
    ]
)
class PurchaseShown(serializers.Serializer):
    receipt = serializers.CharField(help_text="what this purchase is seen with: keep it secret")
    status = serializers.ChoiceField(Status.choices)
    amount = serializers.CharField()
    currency = serializers.CharField()
    package = serializers.CharField()
    voucher = VoucherField(
        allow_null=True, help_text="what the login form posts to the router, once it is paid"
    )
    access = AccessField()
    expires_at = serializers.DateTimeField(allow_null=True)
    pay_url = serializers.CharField(
        allow_null=True, help_text="where the guest goes on to pay, if not on the phone"
    )
    reason = serializers.ChoiceField(sorted(REASONS), allow_null=True, help_text="why it failed")


def shown(payment: Payment) -> dict[str, Any]:
    """Return what the holder of its receipt may know of a payment."""
    voucher = payment.voucher
    state = voucher.state_at(timezone.now()) if voucher else VoucherState.REVOKED
    is_good = voucher is not None and state != VoucherState.REVOKED
    return {
        "receipt": payment.receipt,
        "status": status_of(payment.state).value,
        "amount": money.to_text(payment.amount, payment.currency),
        "currency": payment.currency,
        "package": payment.package_name,
        "voucher": credentials_of(voucher) if voucher and is_good else None,
        "access": access_of(voucher, state) if voucher and is_good else "none",
        "expires_at": voucher.expires_at if voucher and is_good else None,
        "pay_url": payment.pay_url or None if payment.state in OPEN else None,
        "reason": _reason(payment),
    }


def _reason(payment: Payment) -> str | None:
    if payment.state not in CLOSED:
        return None
    reason = _TOLD_AS.get(payment.reason, payment.reason)
    return reason if reason in REASONS else "failed"
