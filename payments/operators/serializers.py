from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot import money
from cloudpilot.serializers import RowIdField, StrictSerializer
from hotspot.fields import MacAddressField, OwnedIdField
from hotspot.models import Package
from hotspot.states import State as VoucherState
from payments.gateways.base import Environment
from payments.methods import Method
from payments.models import Attempt, Payment, Refund
from payments.operators import examples
from payments.portal.serializers import PhoneField
from payments.reviewing import Decision
from payments.states import State, Status
from routers.models import Router
from routers.models.router import check_time_zone

LONGEST_SUMMARY = timedelta(days=366)


@extend_schema_serializer(examples=examples.PAYMENT)
class PaymentSerializer(serializers.Serializer):
    """A payment as lists show it; made by `rows.shown`."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    status_display = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices, help_text="says more than `status`")
    reason = serializers.CharField(help_text="why it is in that state: a code, or empty")
    amount = serializers.CharField(help_text="the price")
    currency = serializers.CharField()
    received = serializers.CharField(help_text="what came, in `received_currency`")
    received_currency = serializers.CharField()
    refunded = serializers.CharField(help_text="what of it went back, refunded or disputed")
    refundable = serializers.CharField(help_text="what could still be given back")
    provider = serializers.CharField(help_text="or cash")
    environment = serializers.ChoiceField(choices=[*Environment])
    payment_method = serializers.ChoiceField(choices=Method.choices)
    payment_method_display = serializers.CharField()
    phone_number = serializers.CharField(help_text="masked for viewers; empty: not known")
    provider_receipt = serializers.CharField(help_text="as the guest has it; its end for viewers")
    router = serializers.IntegerField(allow_null=True)
    router_name = serializers.CharField()
    package = serializers.IntegerField(allow_null=True)
    package_name = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    is_successful = serializers.BooleanField()
    is_failed = serializers.BooleanField()
    is_pending = serializers.BooleanField()


class SoldVoucher(serializers.Serializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=VoucherState.choices)
    on_router = serializers.BooleanField()
    username = serializers.CharField(allow_null=True, help_text="null for viewers, as the next")
    passcode = serializers.CharField(allow_null=True)


@extend_schema_serializer(examples=examples.REFUNDED)
class RefundSerializer(serializers.Serializer):
    """Money that went back, or is to; made by `detail.refund_shown`."""

    id = serializers.UUIDField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    state = serializers.ChoiceField(choices=Refund.State.choices)
    by_hand = serializers.BooleanField()
    revoke_voucher = serializers.BooleanField()
    reason = serializers.CharField()
    failure = serializers.CharField(help_text="a code")
    provider_ref = serializers.CharField()
    by = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class AttemptSerializer(serializers.Serializer):
    """A charge that was sent, or was about to be."""

    number = serializers.IntegerField()
    reference = serializers.CharField(help_text="ours, by which the provider knows it")
    state = serializers.ChoiceField(choices=Attempt.State.choices)
    reason = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class TransitionSerializer(serializers.Serializer):
    """A step of a payment, and what was known when it was made."""

    number = serializers.IntegerField()
    before = serializers.CharField()
    after = serializers.CharField()
    reason = serializers.CharField()
    facts = serializers.DictField()
    by = serializers.CharField(help_text="the member who did it; empty: nobody but the provider")
    created_at = serializers.DateTimeField()


class WebhookCounts(serializers.Serializer):
    received = serializers.IntegerField()
    applied = serializers.IntegerField()
    ignored = serializers.IntegerField()
    dead = serializers.IntegerField()


@extend_schema_serializer(examples=examples.DETAIL)
class PaymentDetailSerializer(PaymentSerializer):
    """A payment with all that led to it; made by `detail.shown`."""

    provider_ref = serializers.CharField(help_text="the provider's id of the charge")
    credentials = serializers.IntegerField(allow_null=True)
    pay_url = serializers.CharField()
    mac_address = serializers.CharField()
    ip_address = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    ask_at = serializers.DateTimeField(allow_null=True)
    package_expiry_time = serializers.DateTimeField(allow_null=True)
    is_active = serializers.BooleanField(help_text="whether the voucher lets in now")
    receipt = serializers.CharField(
        allow_null=True, help_text="opens the purchase on the portal; null for viewers"
    )
    voucher = SoldVoucher(allow_null=True)
    refunds = RefundSerializer(many=True)
    attempts = AttemptSerializer(many=True)
    transitions = TransitionSerializer(many=True)
    webhook_events = WebhookCounts(help_text="how many webhooks came to what")


@extend_schema_serializer(examples=examples.REFUND)
class NewRefundSerializer(StrictSerializer):
    amount = serializers.DecimalField(
        max_digits=18,
        decimal_places=3,
        required=False,
        help_text="all that is left if it is left out",
    )
    reason = serializers.CharField(max_length=200)
    by_hand = serializers.BooleanField(
        default=False, help_text="it was given back already, outside of the provider"
    )
    revoke_voucher = serializers.BooleanField(
        default=False, help_text="end the voucher with a part too; all of it always ends it"
    )

    def validate_amount(self, amount: Decimal) -> int:
        payment: Payment = self.context["payment"]
        try:
            minor = money.to_minor(amount, payment.money_currency)
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from exc
        if minor < 1:
            raise serializers.ValidationError("Give more than 0.")
        return minor


@extend_schema_serializer(examples=examples.DECISION)
class DecisionSerializer(StrictSerializer):
    decision = serializers.ChoiceField(choices=Decision.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


@extend_schema_serializer(examples=examples.CASH)
class CashSerializer(StrictSerializer):
    package = OwnedIdField(queryset=Package.objects.select_related("router", "company"))
    router = OwnedIdField(
        queryset=Router.objects.all(), required=False, help_text="only to make sure"
    )
    phone_number = PhoneField(required=False)
    mac_address = MacAddressField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        router = attrs.pop("router", None)
        if router and attrs["package"].router_id != router.pk:
            raise serializers.ValidationError({"package": ["It is sold at another router."]})
        attrs["phone"] = attrs.pop("phone_number", "")
        return attrs


class DayField(serializers.DateField):
    """A day, far enough from the ends of the calendar to have hours in every time zone."""

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not 1970 < day.year < 9000:
            raise serializers.ValidationError("There was no payment on that day.")
        return day


class SummaryQuery(serializers.Serializer):
    """Which days are summed up: the last thirty if nothing is said."""

    router = RowIdField(required=False)
    time_zone = serializers.CharField(
        max_length=64, required=False, help_text="where days begin; the router's, or UTC"
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's, and no name there.
        return {
            "from": DayField(required=False, help_text="the first day"),
            "to": DayField(required=False, help_text="the last day; today if it is left out"),
            **super().get_fields(),
        }

    def validate_time_zone(self, name: str) -> str:
        check_time_zone(name)
        return name

    def span(self, zone: ZoneInfo) -> tuple[date, date]:
        """Return the first and the last day that a valid query means, as days are in `zone`."""
        named = self.validated_data
        last = named.get("to") or timezone.now().astimezone(zone).date()
        first = named.get("from") or last - timedelta(days=29)
        if not timedelta(0) <= last - first < LONGEST_SUMMARY:
            sentence = "Give a day up to `to`, less than 366 days before it."
            raise serializers.ValidationError({"from": [sentence]})
        return first, last


class SumsSerializer(serializers.Serializer):
    currency = serializers.CharField()
    provider = serializers.CharField()
    environment = serializers.ChoiceField(choices=[*Environment])
    payments = serializers.IntegerField(help_text="how many were paid")
    received = serializers.CharField()
    refunded = serializers.CharField()
    taken_back = serializers.CharField(help_text="by banks, in disputes")
    given_again = serializers.CharField(help_text="disputes that were won")
    net = serializers.CharField(help_text="what is left: the sum of the ledger")


class DaySumsSerializer(SumsSerializer):
    day = serializers.DateField()


@extend_schema_serializer(examples=examples.SUMMARY)
class SummarySerializer(serializers.Serializer):
    time_zone = serializers.CharField()
    days = DaySumsSerializer(many=True)
    totals = SumsSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        days = {"from": serializers.DateField(), "to": serializers.DateField()}
        return days | super().get_fields()
