"""Fields of request bodies that name rows of the caller's by number, as this app's pages do."""

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cloudpilot.serializers import NamedRelatedField, OwnedRelatedField, is_row_id
from cloudpilot.tenancy import Role, demand_role

# With room on both sides for zones, and for the longest lifetime that can be added.
YEARS: Final = range(1970, 2200)


@extend_schema_field({"type": "integer"})
class IdField(NamedRelatedField):
    """Accept a row by its integer id; what cannot be one is a row that does not exist."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="pk", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("does_not_exist")
        text = str(data)
        if not is_row_id(text):
            self.fail("does_not_exist")
        return super().to_internal_value(text)


@extend_schema_field({"type": "integer"})
class OwnedIdField(IdField, OwnedRelatedField):
    """Accept the integer id of a row in whose company the caller may change things."""

    def to_internal_value(self, data: Any) -> Any:
        row = super().to_internal_value(data)
        demand_role(self.context["request"].user, row.company_id, Role.OPERATOR)
        return row


class MacAddressField(serializers.RegexField):
    """A device's MAC address in any usual spelling; kept in capitals and with colons."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"^[0-9A-Fa-f]{2}([:-]?)([0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$", max_length=17, **kwargs
        )

    def to_internal_value(self, data: Any) -> str:
        digits = super().to_internal_value(data).upper()
        digits = digits.replace(":", "").replace("-", "")
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


class MomentField(serializers.DateTimeField):
    """A time from which others can be reckoned without leaving the calendar."""

    def to_internal_value(self, data: Any) -> datetime:
        moment: datetime = super().to_internal_value(data)
        if moment.year not in YEARS:
            raise serializers.ValidationError(year_out_of_range())
        return moment


def year_out_of_range() -> str:
    return f"The year must be from {YEARS[0]} to {YEARS[-1]}."
