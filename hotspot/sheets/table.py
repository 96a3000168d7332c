"""The cards as CSV."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from cloudpilot import tables
from hotspot import codes
from hotspot.sheets.cards import Card

_COLUMNS: Final = (
    "code",
    "printed_code",
    "package",
    "price",
    "currency",
    "validity_minutes",
    "download_mbps",
    "upload_mbps",
    "data_mb",
    "devices",
    "online_minutes",
)


def write(cards: Iterable[Card]) -> Iterator[bytes]:
    """Yield a line of names and a line for each card; what has no limit is an empty cell.

    A spreadsheet takes a bare `0012` or `12E45` for a number; `printed_code` survives there.
    """
    return tables.write(_COLUMNS, map(_values, cards))


def _values(card: Card) -> tuple[Any, ...]:
    return (
        card.code,
        codes.grouped(card.code),
        card.package,
        card.price,
        card.currency,
        _minutes(card.validity),
        card.download_mbps,
        card.upload_mbps,
        card.data_mb,
        card.devices,
        _minutes(card.online),
    )


def _minutes(time: timedelta | None) -> int | None:
    return None if time is None else round(time.total_seconds() / 60)
