import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot import sheets


def table(*cards):
    text = b"".join(sheets.csv(cards)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_card_is_a_line_under_its_names():
    card = sheets.Card(
        "ABCDEFGHJKM", "Day pass", Decimal("50.00"), "KES", timedelta(days=1), 5, 2, 2048, 1,
        timedelta(minutes=90),
    )  # fmt: skip

    assert table(card) == [
        {
            "code": "ABCDEFGHJKM",
            "printed_code": "ABCD-EFGH-JKM",
            "package": "Day pass",
            "price": "50.00",
            "currency": "KES",
            "validity_minutes": "1440",
            "download_mbps": "5",
            "upload_mbps": "2",
            "data_mb": "2048",
            "devices": "1",
            "online_minutes": "90",
        }
    ]


def test_it_begins_with_a_byte_order_mark_and_its_lines_end_as_rfc_4180_says():
    lines = list(sheets.csv([sheets.Card("23456789ABC", "Été, à 2")]))

    assert lines[0].startswith(b"\xef\xbb\xbfcode,")
    assert all(line.endswith(b"\r\n") for line in lines)
    assert '"Été, à 2"'.encode() in lines[1]


def test_leading_zeros_are_kept():
    [row] = table(sheets.Card("00123456", "Day pass"))

    assert row["code"] == "00123456"
    assert row["printed_code"] == "0012-3456"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_a_formula_becomes_text(start):
    [row] = table(sheets.Card("23456789ABC", f'{start}HYPERLINK("http://evil.example")'))

    assert row["package"] == f'\'{start}HYPERLINK("http://evil.example")'


@given(st.text())
def test_any_name_comes_back(name):
    [row] = table(sheets.Card("23456789ABC", name))

    assert row["package"].removeprefix("'") == name.removeprefix("'")
    assert not row["package"].startswith(("=", "+", "-", "@", "\t", "\r"))
