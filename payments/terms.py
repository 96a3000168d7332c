"""What a guest bought, as a payment keeps it: frozen before the question to the provider."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from hotspot.issuing import Terms

_DURATIONS = {"lifetime", "time_limit"}


def to_json(terms: Terms) -> dict[str, Any]:
    """Return `terms` for a column of JSON; durations in seconds."""
    values = {field.name: getattr(terms, field.name) for field in fields(terms)}
    for name in _DURATIONS:
        if values[name] is not None:
            values[name] = values[name].total_seconds()
    return values


def from_json(values: dict[str, Any]) -> Terms:
    """Return what `to_json` was given; terms that it did not know then are as by default."""
    known = {field.name: values[field.name] for field in fields(Terms) if field.name in values}
    for name in _DURATIONS & known.keys():
        if known[name] is not None:
            known[name] = timedelta(seconds=known[name])
    return Terms(**known)
