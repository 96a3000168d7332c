"""Which payments are meant: the same words for the list and the export."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from cloudpilot.serializers import RowIdField
from payments import phones
from payments.gateways.base import Environment
from payments.models import Credentials, Payment
from payments.models.payment import CASH
from payments.providers import NAMES, slug_of
from payments.states import State, Status, states_of

_QUEUES = {Status.PENDING, Status.REVIEW}  # which are looked at often, and hold little
_MOST_FOUND = 1000  # of one phone or receipt; more were no search


class FilterSerializer(serializers.Serializer):
    """What a payment must be to be meant; all that is named must hold."""

    router = RowIdField(required=False)
    package = RowIdField(required=False)
    provider = serializers.ChoiceField(choices=[*NAMES, CASH], required=False)
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
        payments = _of_status(payments, companies, wanted["status"])
    if "created_from" in wanted:
        payments = payments.filter(created_at__gte=wanted["created_from"])
    if "created_before" in wanted:
        payments = payments.filter(created_at__lt=wanted["created_before"])
    if "search" in wanted:
        payments = _found(payments, companies, wanted["search"].strip())
    return payments


def _of_status(payments: QuerySet[Payment], companies: list[int], status: str) -> QuerySet[Payment]:
    states = sorted(states_of(status))
    if status not in _QUEUES:
        return payments.filter(state__in=states)
    # Few, found by their states; or SQLite would go through all payments in the list's order.
    few = Payment.objects.filter(company__in=companies, state__in=states)
    return payments.filter(pk__in=few.values("pk"))


def _found(payments: QuerySet[Payment], companies: list[int], text: str) -> QuerySet[Payment]:
    """Keep those with this id; else those with this receipt; else those of this phone.

    One after the other, and by their keys: with an OR, or beside the list's order, no database
    would use the index for each.
    """
    with suppress(ValueError):
        return payments.filter(public_id=UUID(text))
    if keys := _with_receipt(companies, text):
        return payments.filter(pk__in=keys)
    with suppress(phones.NotAPhone):
        return payments.filter(pk__in=_of_phone(phones.normalise(text)))
    return payments.none()


def _with_receipt(companies: list[int], text: str) -> list[int]:
    accounts = list(Credentials.objects.filter(company__in=companies).values_list("pk", flat=True))
    found = Payment.objects.filter(
        credentials__in=accounts, provider_receipt__in={text, text.upper()}
    )
    return _keys(found.exclude(provider_receipt=""))  # as SQLite wants it; so below


def _of_phone(phone: str) -> list[int]:
    """Return the payments of a phone, other companies' among them."""
    return _keys(Payment.objects.filter(phone_index=phones.index(phone)).exclude(phone_index=""))


def _keys(found: QuerySet[Payment]) -> list[int]:
    return list(found.order_by("-pk").values_list("pk", flat=True)[:_MOST_FOUND])
