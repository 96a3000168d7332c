"""Which payments are meant: the same words for the list and the export."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from payments import phones
from payments.gateways.base import Environment
from payments.models import Credentials, Payment
from payments.models.payment import CASH
from payments.providers import GATEWAYS, slug_of
from payments.purchasing import phone_index
from payments.states import State, Status, states_of

_MAX_ID = 2**63 - 1
_OTHER_SPELLINGS = ("instasend", "mpesa")


class FilterSerializer(serializers.Serializer):
    """What a payment must be to be meant; all that is named must hold."""

    router = serializers.IntegerField(min_value=1, max_value=_MAX_ID, required=False)
    package = serializers.IntegerField(min_value=1, max_value=_MAX_ID, required=False)
    provider = serializers.ChoiceField(choices=[*GATEWAYS, *_OTHER_SPELLINGS, CASH], required=False)
    environment = serializers.ChoiceField(choices=[*Environment], required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    state = serializers.ChoiceField(
        choices=State.choices, required=False, help_text="says more than `status`"
    )
    created_from = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    search = serializers.CharField(
        max_length=100, required=False, help_text="a payment's id, provider's receipt, or phone"
    )

    def validate_provider(self, named: str) -> str:
        return slug_of(named) or named


_NAMES = set(FilterSerializer().fields)


def read(query: Mapping[str, str]) -> dict[str, Any]:
    """Return what a query asks for; one that names none of it, the usual one, costs nothing."""
    if not query.keys() & _NAMES:
        return {}
    serializer = FilterSerializer(data=query)
    serializer.is_valid(raise_exception=True)
    wanted: dict[str, Any] = serializer.validated_data
    return wanted


def payments_of(companies: Iterable[int], wanted: Mapping[str, Any]) -> QuerySet[Payment]:
    """Return the companies' payments that a valid filter means.

    The companies by their keys: a subquery would hide from the database how few they are.
    """
    companies = list(companies)
    payments: QuerySet[Payment] = Payment.objects.filter(company__in=companies)
    for name in ("router", "package", "provider", "environment", "state"):
        if name in wanted:
            payments = payments.filter(**{name: wanted[name]})
    if "providers" in wanted:
        payments = payments.filter(provider__in=wanted["providers"])
    if "status" in wanted:
        payments = payments.filter(state__in=sorted(states_of(wanted["status"])))
    if "created_from" in wanted:
        payments = payments.filter(created_at__gte=wanted["created_from"])
    if "created_before" in wanted:
        payments = payments.filter(created_at__lt=wanted["created_before"])
    if "search" in wanted:
        payments = _found(payments, companies, wanted["search"].strip())
    return payments


def _found(payments: QuerySet[Payment], companies: list[int], text: str) -> QuerySet[Payment]:
    """Keep those with this id; else those with this receipt; else those of this phone.

    One after the other: with an OR no database could use an index for each.
    """
    try:
        return payments.filter(public_id=UUID(text))
    except ValueError:
        pass
    accounts = list(Credentials.objects.filter(company__in=companies).values_list("pk", flat=True))
    with_receipt = Payment.objects.filter(
        credentials__in=accounts, provider_receipt__in={text, text.upper()}
    ).exclude(provider_receipt="")
    found = list(with_receipt.values_list("pk", flat=True)[:1000])
    if found:
        return payments.filter(pk__in=found)
    try:
        return payments.filter(phone_index=phone_index(phones.normalise(text)))
    except phones.NotAPhone:
        return payments.none()
