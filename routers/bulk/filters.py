"""Which routers a bulk command is for: conditions that a router meets all of."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from rest_framework import serializers

from cloudpilot.serializers import OptionalBooleanField, RowIdField, StrictSerializer
from routers.models import Router, uses
from routers.routeros import Transport
from users.models import Company

MOST_ROUTERS = 10_000


class RouterFilterSerializer(StrictSerializer):
    ids = serializers.ListField(
        child=RowIdField(),
        required=False,
        min_length=1,
        max_length=MOST_ROUTERS,
    )
    public_ids = serializers.ListField(
        child=serializers.CharField(max_length=12),
        required=False,
        min_length=1,
        max_length=MOST_ROUTERS,
    )
    name = serializers.CharField(max_length=100, required=False, help_text="is part of the name")
    location = serializers.CharField(
        max_length=200, required=False, help_text="is part of the location"
    )
    host = serializers.CharField(max_length=253, required=False, help_text="is the host")
    is_online = OptionalBooleanField(required=False)
    is_active = OptionalBooleanField(required=False)
    transport = serializers.ChoiceField(choices=[(t.value, t.value) for t in Transport],
                                        required=False)  # fmt: skip
    version = serializers.CharField(
        max_length=50, required=False, help_text="how the version begins: 7.1 is 7.1.5, not 7.16"
    )
    all = OptionalBooleanField(required=False, help_text="true, alone: every router")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError('Give at least one condition, or "all": true.')
        if "all" in attrs and (len(attrs) > 1 or not attrs["all"]):
            raise serializers.ValidationError({"all": ["Give true and no other condition."]})
        return attrs


def matching(company: Company, conditions: dict[str, Any]) -> list[Router]:
    """Return the company's routers that meet all conditions, as `RouterFilterSerializer` made them.

    Refuses, as fields of `routers`: an id that is no router of the company, no match at all, and
    more than `MOST_ROUTERS`.
    """
    own = Router.objects.filter(company=company)
    for name, column in (("ids", "pk"), ("public_ids", "public_id")):
        _refuse_strange(name, conditions.get(name, []), own.values_list(column, flat=True))
    query = Q()
    for name, value in conditions.items():
        query &= _CONDITIONS[name](value)
    found = list(
        own.filter(query).only("pk", "name", "public_id").order_by("pk")[: MOST_ROUTERS + 1]
    )
    if not found:
        raise serializers.ValidationError({"routers": ["No router meets these conditions."]})
    if len(found) > MOST_ROUTERS:
        raise serializers.ValidationError({"routers": [f"More than {MOST_ROUTERS} routers match."]})
    return found


def _refuse_strange(name: str, wanted: list[Any], own: Any) -> None:
    strange = set(wanted).difference(own) if wanted else set()
    if strange:
        some = ", ".join(str(value) for value in sorted(strange)[:10])
        sentence = f"These are no routers of the company: {some}{', …' * (len(strange) > 10)}."
        raise serializers.ValidationError({"routers": {name: [sentence]}})


def _has_version(beginning: str) -> Q:
    # A number of the version is met whole: 7.1 is no beginning of 7.16.
    end = r"(\D|$)" if beginning[-1].isdigit() else ""
    return Q(status__version__regex=f"^{re.escape(beginning)}{end}")


_CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "ids": lambda ids: Q(pk__in=ids),
    "public_ids": lambda ids: Q(public_id__in=ids),
    "name": lambda text: Q(name__icontains=text),
    "location": lambda text: Q(location__icontains=text),
    "host": lambda host: Q(host=host.lower()),
    "is_online": lambda value: Q(is_online=value),
    "is_active": lambda value: Q(is_active=value),
    "transport": lambda value: uses(Transport(value)),
    "version": _has_version,
    "all": lambda _: Q(),
}
