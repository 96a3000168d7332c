"""Tables as CSV (RFC 4180), safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

# Without it Excel reads UTF-8 as the local code page.
_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What makes a spreadsheet run a cell (security: a package called `=HYPERLINK(…)` must stay text);
# Japanese versions take the wide forms too.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


class _Line:
    """Takes what `csv.writer` writes, a line at a time."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def write(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield a line of names and a line for each row; None is an empty cell.

    A line is made when it is asked for, so a table may be longer than memory.
    """
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(columns)
    yield (_BYTE_ORDER_MARK + line.text).encode()
    for row in rows:
        writer.writerow(map(_cell, row))
        yield line.text.encode()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    # A leading apostrophe makes a spreadsheet take the rest as it is.
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
