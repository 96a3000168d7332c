"""Payments as a table for bookkeepers, of any length."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cloudpilot import tables
from payments.models import Payment
from payments.operators import rows

_COLUMNS = (
    "id", "created_at", "completed_at", "status", "state", "reason", "amount", "currency",
    "received", "received_currency", "refunded", "provider", "environment", "payment_method",
    "provider_receipt", "phone_number", "router_name", "package_name",
)  # fmt: skip
_AT_ONCE = 1000


def write(payments: QuerySet[Payment], run: set[int]) -> Iterator[bytes]:
    """Yield the newest first, a line at a time; in full where the caller runs the company."""
    found = payments.order_by("-pk").values(*rows.COLUMNS).iterator(chunk_size=_AT_ONCE)
    return tables.write(_COLUMNS, (_cells(row, run) for row in found))


def _cells(row: dict[str, Any], run: set[int]) -> list[Any]:
    shown = rows.shown(row, in_full=row["company_id"] in run)
    return [_text(shown[name]) for name in _COLUMNS]


def _text(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
