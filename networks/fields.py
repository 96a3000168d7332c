"""Values as the mesh page writes them, and what it lets clients do with names of fields."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cloudpilot import hosts
from networks import addressing, names

# The year 3021: what the page's servers give a node that does not expire.
NEVER: Final = 33174902665
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def in_lower_case(body: Any) -> dict[str, Any]:
    """Return a body's fields that are set, by the names that we know them by."""
    return {str(name).lower(): value for name, value in body.items() if value is not None}


class MeshSerializer(serializers.Serializer):
    """Read a body as the page's clients write it.

    They match names in any case, send null for what they do not set, and whole objects with fields
    that a server may not know.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = in_lower_case(data)
        return super().to_internal_value(data)


def unix(moment: datetime | None, otherwise: int = 0) -> int:
    """Return a moment as the page writes it: whole seconds since 1970."""
    return otherwise if moment is None else int(moment.timestamp())


@extend_schema_field({"type": "integer", "format": "int64"})
class ExpiryField(serializers.Field):
    """Unix seconds; 0, or what lies beyond all calendars, is never."""

    def to_internal_value(self, data: Any) -> datetime | None:
        seconds = serializers.IntegerField(min_value=0, max_value=2**53).run_validation(data)
        if not seconds or seconds >= NEVER or seconds >= _LATEST.timestamp():
            return None
        return datetime.fromtimestamp(seconds, UTC)

    def to_representation(self, value: Any) -> int:
        return unix(value, NEVER)


class LineField(serializers.CharField):
    """One line of text, kept and given back; nobody runs it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, allow_blank=True, max_length=1000, trim_whitespace=False, **kwargs
        )


@extend_schema_field({"type": "string"})
class MacField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        try:
            return names.canonical_mac(super().to_internal_value(data))
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from exc


@extend_schema_field({"type": "string"})
class RangeField(serializers.CharField):
    """A range that nodes may have addresses in; host bits are masked."""

    def __init__(self, version: int = 0, **kwargs: Any) -> None:
        self.version = version
        super().__init__(required=False, allow_blank=True, max_length=49, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text:
            return ""
        try:
            found = addressing.range_of(text)
        except ValueError as exc:
            raise serializers.ValidationError("Write a range as 10.70.0.0/16.") from exc
        if self.version and found.version != self.version:
            raise serializers.ValidationError(f"Write an IPv{self.version} range.")
        if not addressing.is_usable(found):
            raise serializers.ValidationError("Nodes cannot have addresses in this range.")
        return str(found)


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
)
class RangesField(serializers.Field):
    """Ranges, in a list or in one text between commas; single addresses are ranges too."""

    _MOST = 100

    def to_internal_value(self, data: Any) -> list[str]:
        texts = data.split(",") if isinstance(data, str) else data
        if not isinstance(texts, list) or len(texts) > self._MOST:
            raise serializers.ValidationError("Write ranges as 172.31.0.0/16, at most 100.")
        try:
            found = [_any_range(text) for text in texts if text != ""]
        except (ValueError, AttributeError, TypeError) as exc:
            raise serializers.ValidationError("Write ranges as 172.31.0.0/16.") from exc
        return list(dict.fromkeys(found))


def _any_range(text: str) -> str:
    text = text.strip()
    return str(addressing.range_of(text if "/" in text else text + _whole(text)))


def _whole(address: str) -> str:
    return "/128" if ":" in address else "/32"


@extend_schema_field({"type": "string"})
class AddressField(serializers.CharField):
    """An address, or nothing."""

    def __init__(self, *, allow_blank: bool = True, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=allow_blank, max_length=39, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return str(addressing.address_of(text)) if text else ""
        except ValueError as exc:
            raise serializers.ValidationError("Write an IP address.") from exc


@extend_schema_field({"type": "string"})
class EndpointField(serializers.CharField):
    """Where a node is called: an address or a name; nothing for who is behind NAT."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, max_length=253, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return hosts.check_meeting_point(text) if text else ""
        except hosts.HostNotAllowed as exc:
            raise serializers.ValidationError(str(exc)) from exc


class TagsField(serializers.ListField):
    child = serializers.RegexField(r"^[\w.:-]+\Z", max_length=50)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)


class FutureField(ExpiryField):
    """When something ends, which cannot be before now."""

    def to_internal_value(self, data: Any) -> Any:
        moment = super().to_internal_value(data)
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError("This time is over.")
        return moment
