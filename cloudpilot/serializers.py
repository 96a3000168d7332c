from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty
from rest_framework.relations import SlugRelatedField

from cloudpilot.tenancy import OwnedQuerySet, Role, demand_role

READ_ONLY = "This field is read-only."
UNKNOWN = "There is no such field."
MAX_ROW_ID = 2**63 - 1


class StrictSerializer(serializers.Serializer):
    """Refuse what it does not know, so that a misspelt field is an error and not a lost wish.

    A read-only field may come back unchanged: a client that reads an object, edits it and puts
    it back whole is in the right. What stands in `create_only_fields` is read-only ever after.
    What stands in `volatile_fields` changes behind a client's back: it may come back stale, and
    is passed over.
    """

    create_only_fields: tuple[str, ...] = ()
    volatile_fields: tuple[str, ...] = ("updated_at",)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields: dict[str, serializers.Field] = super().get_fields()
        if self.instance is not None:
            for name in self.create_only_fields:
                fields[name].read_only = True
                fields[name].required = False
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if hasattr(data, "items"):
            self._refuse_strange(data)
        return super().to_internal_value(data)

    def _refuse_strange(self, data: Any) -> None:
        accepted = {field.field_name for field in self._writable_fields}
        if self.instance is not None:
            accepted |= set(self.volatile_fields) & self.fields.keys()
        shown: dict[str, Any] | None = None
        errors = {}
        for name in data:
            if name in accepted:
                continue
            if name not in self.fields:
                errors[name] = [UNKNOWN]
                continue
            shown = self._shown_now() if shown is None else shown
            if name not in shown or data[name] != shown[name]:
                errors[name] = [READ_ONLY]
        if errors:
            raise ValidationError(errors)

    def _shown_now(self) -> dict[str, Any]:
        return dict(self.to_representation(self.instance)) if self.instance is not None else {}


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer):
    """A model's serializer that refuses what it does not know."""


class RowIdField(serializers.IntegerField):
    """A number that a row of any table can have; not whether there is one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ROW_ID, **kwargs)


class OptionalBooleanField(serializers.BooleanField):
    """A form that leaves it out says nothing, where DRF would take it to say false."""

    default_empty_html = empty


class NamedRelatedField(SlugRelatedField):
    """Accept a row by its name or public id; what cannot be a name is one that does not exist."""

    default_error_messages = {"does_not_exist": "There is no such object."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("does_not_exist", slug_name=self.slug_field, value="")
        return super().to_internal_value(data)


class OwnedRelatedField(NamedRelatedField):
    """Accept only rows of the caller's companies; all others do not exist."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("slug_field", "public_id")
        super().__init__(**kwargs)

    def get_queryset(self) -> OwnedQuerySet:
        queryset = cast(OwnedQuerySet, super().get_queryset())
        return queryset.visible_to(self.context["request"].user)


class CompanyField(OwnedRelatedField):
    """The company that a new row goes to: one in which the caller may change things."""

    def to_internal_value(self, data: Any) -> Any:
        company = super().to_internal_value(data)
        demand_role(self.context["request"].user, company.pk, Role.OPERATOR)
        return company


def is_row_id(text: str) -> bool:
    """Whether a row can have this number; `int` itself takes other scripts' digits and `1_000`."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROW_ID))
    return is_number and 1 <= int(text) <= MAX_ROW_ID


def read_query(
    serializer_class: type[serializers.Serializer], query: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a query asks for. Raises `ValidationError`, which names the parameter.

    In a `QueryDict`, as in a form, what is empty counts as left out; in a plain dict it is wrong.
    """
    serializer = serializer_class(data=query)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def read_filter(
    serializer_class: type[serializers.Serializer], query: Mapping[str, str]
) -> dict[str, Any]:
    """Do as `read_query` where nothing is required and nothing has a default.

    A query that names none of it, the usual one, costs nothing.
    """
    return read_query(serializer_class, query) if query.keys() & _names(serializer_class) else {}


@cache
def _names(serializer_class: type[serializers.Serializer]) -> frozenset[str]:
    return frozenset(serializer_class().fields)


def own_company(user: Any) -> Any:
    """Return the company of a new row whose body names none: the caller's personal one."""
    company = user.personal_company
    if company is None:
        raise ValidationError({"company": ["Name the company."]})
    demand_role(user, company.pk, Role.OPERATOR)
    return company
