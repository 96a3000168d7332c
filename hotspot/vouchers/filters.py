"""Which vouchers are meant: the same words for a list and for revoking many."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cloudpilot.serializers import RowIdField, StrictSerializer
from hotspot import codes
from hotspot.querysets import VoucherQuerySet
from hotspot.states import State
from hotspot.vouchers import examples


class FilterSerializer(serializers.Serializer):
    """What a voucher must be to be meant; all that is named must hold."""

    router = RowIdField(required=False)
    package = RowIdField(required=False)
    batch = RowIdField(required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    problem = serializers.RegexField(
        r"^[a-z_]{1,20}$", required=False, help_text="such as name_taken: why its router lacks it"
    )
    search = serializers.CharField(
        max_length=100,
        required=False,
        help_text="a code as it is typed, or how a guest's full name begins",
    )
    created_from = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)


@extend_schema_serializer(examples=examples.REVOKE)
class RevokeManySerializer(StrictSerializer, FilterSerializer):
    def to_internal_value(self, data: Any) -> Any:
        # A form's empty field counts as left out, and would let more be revoked than is meant.
        blank = {name: ["Say which, or leave it out."] for name in data if data[name] == ""}
        if blank:
            raise serializers.ValidationError(blank)
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Say which vouchers are meant.")
        return attrs


def narrowed(vouchers: VoucherQuerySet, wanted: dict[str, Any]) -> VoucherQuerySet:
    """Keep those that a valid filter means."""
    for name in ("router", "package", "batch"):
        if name in wanted:
            vouchers = vouchers.filter(**{f"{name}_id": wanted[name]})
    if "created_from" in wanted:
        vouchers = vouchers.filter(created_at__gte=wanted["created_from"])
    if "created_before" in wanted:
        vouchers = vouchers.filter(created_at__lt=wanted["created_before"])
    if "problem" in wanted:
        # Said twice, for an index holds those with a problem alone.
        vouchers = vouchers.filter(problem=wanted["problem"], problem__gt="")
    if "search" in wanted:
        vouchers = _found(vouchers, wanted["search"])
    if "state" in wanted:
        vouchers = vouchers.in_state(State(wanted["state"]), timezone.now())
    return vouchers


def _found(vouchers: VoucherQuerySet, text: str) -> VoucherQuerySet:
    """Keep those with this code; if there are none, those whose guest's name begins so.

    One after the other: with an OR no database could use an index for either.
    """
    indexes = [codes.index(code) for code in codes.readings(text)]
    # Unordered, or SQLite would rather read all of a company's in their order.
    of_code = vouchers.order_by().filter(code_index__in=indexes).values_list("pk", flat=True)
    if found := list(of_code[:1000]):
        return vouchers.filter(pk__in=found)
    return vouchers.filter(full_name__gt="", full_name__istartswith=text.strip())
