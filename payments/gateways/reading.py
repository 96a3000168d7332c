"""Reading what others wrote: total functions, which answer nothing rather than raise."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

LONGEST_TEXT = 100  # as long as what keeps providers' ids and receipts
_CENTS = 2  # of every currency that our providers take
_LARGEST = Decimal(10) ** 12


def parse(body: bytes, *, exact: bool = True) -> Any:
    """Return JSON, or None; with its fractions as `Decimal`, unless they need not be `exact`."""
    try:
        return json.loads(body, parse_float=Decimal if exact else None, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and infinities are no JSON


def dig(data: Any, *path: str | int) -> Any:
    """Return what is at the end of `path` through objects and lists, or None."""
    for step in path:
        if isinstance(step, str) and isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(step, int) and isinstance(data, list) and -len(data) <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def text(value: Any) -> str:
    """Return a string, or a whole number as one; "" for what is none, too long or unprintable."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST**2:
        value = str(value)
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    return ""


def link(value: Any) -> str:
    """Return an address that a guest's browser may be sent to, "" for anything else."""
    is_link = isinstance(value, str) and re.fullmatch(r"https://[!-~]{1,492}", value)
    return str(value) if is_link else ""


def rows(value: Any) -> list[Any]:
    """Return a list as it is, and anything else as an empty one."""
    return value if isinstance(value, list) else []


def minor(value: Any) -> int | None:
    """Return an amount such as `"100.0"` in minor units; None unless it is exactly some of them."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", value):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _LARGEST or amount.as_tuple().exponent < -9:  # type: ignore[operator]
        return None
    scaled = amount.scaleb(_CENTS)
    return int(scaled) if scaled == scaled.to_integral_value() else None


def whole(value: Any) -> int | None:
    """Return an amount that is in minor units already, or None."""
    is_amount = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return value if is_amount else None


def number(amount: int) -> int | float:
    """Return minor units as the JSON number of the amount: 2050 is 20.5, and 2000 is 20."""
    units, cents = divmod(amount, 10**_CENTS)
    # The shortest text of the nearest float is the decimal itself, up to some 10^13 units.
    return float(Decimal(amount).scaleb(-_CENTS)) if cents else units


def when(value: Any) -> datetime | None:
    """Return an ISO time with its offset, or seconds since 1970, in UTC; None for anything else."""
    try:
        if isinstance(value, str) and len(value) <= LONGEST_TEXT:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
