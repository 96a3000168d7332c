"""Read a list of routers as spreadsheets save it: any delimiter, any order of columns."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 2 * 1024 * 1024  # bytes
MOST_ROWS = 5000

COLUMNS = (
    "name", "host", "port", "username", "password", "use_https", "transport", "tls_fingerprint",
    "location", "time_zone", "is_active",
)  # fmt: skip
_REQUIRED = ("name", "host", "username", "password")
_SYNONYMS = {
    "address": "host",
    "ip": "host",
    "ip_address": "host",
    "hostname": "host",
    "user": "username",
    "login": "username",
    "router": "name",
    "router_name": "name",
    "https": "use_https",
    "fingerprint": "tls_fingerprint",
    "site": "location",
}
_DELIMITERS = ",;\t"
_VERBATIM = frozenset({"password"})  # spaces at its ends are part of it


class UnreadableList(ValueError):
    """The file is no list of routers; the sentence says what to change."""


@dataclass(frozen=True)
class Line:
    """One router of the list; `number` is the line of the file on which it begins.

    `values` has no entry for an empty cell. `surplus` is how many values stand beyond the header.
    """

    number: int
    values: dict[str, str]
    surplus: int = 0


def decode(content: bytes) -> str:
    """Return the file's text: UTF-8, or what Windows programs save. Raises `UnreadableList`."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableList("Save the file as UTF-8.")


def read_list(text: str) -> list[Line]:
    """Return the list's lines in their order, blank ones left out. Raises `UnreadableList`."""
    if "\0" in text:
        raise UnreadableList("The file is not plain text; save it as CSV, in UTF-8.")
    text = text.removeprefix("\ufeff")
    rows = _rows(text, _delimiter_of(text))
    _, header = next(rows, (0, []))
    columns = _columns(header)
    lines = [_line(number, cells, columns) for number, cells in rows]
    if not lines:
        raise UnreadableList("The file lists no router.")
    return lines


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins, count = 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise UnreadableList(
                f"From line {begins} on, quotation marks or line ends do not match up."
            ) from exc
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            count += 1
            if count > MOST_ROWS + 1:  # the header is one of them
                raise UnreadableList(f"The file lists more than {MOST_ROWS} routers; split it.")
            yield begins, cells
        begins = reader.line_num + 1


def _delimiter_of(text: str) -> str:
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _columns(header: list[str]) -> list[str]:
    """Return the field of each column. Raises `UnreadableList`, naming the column that is wrong."""
    titles = [title.strip() for title in header]
    while titles and not titles[-1]:  # spreadsheets save columns that were used once
        titles.pop()
    columns = [_field_of(title) for title in titles]
    for title, column in zip(titles, columns, strict=True):
        if column not in COLUMNS:
            raise UnreadableList(f'There is no column "{title[:100]}"; use {", ".join(COLUMNS)}.')
        if columns.count(column) > 1:
            raise UnreadableList(f"Two columns say what the {column} is.")
    if missing := [column for column in _REQUIRED if column not in columns]:
        raise UnreadableList(f"The first line must name these columns too: {', '.join(missing)}.")
    return columns


def _field_of(title: str) -> str:
    name = re.sub(r"[\s_-]+", "_", title.lower())
    return _SYNONYMS.get(name, name)


def _line(number: int, cells: list[str], columns: list[str]) -> Line:
    values = {}
    for column, cell in zip(columns, cells, strict=False):
        value = cell if column in _VERBATIM else cell.strip()
        if value:
            values[column] = value
    surplus = sum(bool(cell.strip()) for cell in cells[len(columns) :])
    return Line(number, values, surplus)
