"""The cards as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from hotspot import codes
from hotspot.sheets.cards import Card

# Without it Excel reads UTF-8 as the local code page.
_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What makes a spreadsheet run a cell (security: a package called `=HYPERLINK(…)` must stay text);
# Japanese versions take the wide forms too.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
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


class _Line:
    """Takes what `csv.writer` writes, a line at a time."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def write(cards: Iterable[Card]) -> Iterator[bytes]:
    """Yield a line of names and a line for each card; what has no limit is an empty cell.

    A spreadsheet takes a bare `0012` or `12E45` for a number; `printed_code` survives there.
    """
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(_COLUMNS)
    yield (_BYTE_ORDER_MARK + line.text).encode()
    for card in cards:
        writer.writerow(map(_cell, _values(card)))
        yield line.text.encode()


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


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    # A leading apostrophe makes a spreadsheet take the rest as it is.
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
