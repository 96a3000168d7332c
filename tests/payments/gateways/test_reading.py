"""Reading hostile answers and webhooks."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways import reading

KEYS = st.sampled_from(["", "a", "b"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=120),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(st.binary())
def test_any_bytes_can_be_parsed(body):
    reading.parse(body)


@given(ANY_JSON, st.lists(KEYS | st.integers(-3, 3), max_size=3))
def test_any_value_can_be_read(value, path):
    reading.dig(value, *path)
    reading.rows(value)
    reading.when(value)
    assert len(reading.text(value)) <= reading.LONGEST_TEXT
    for amount in (reading.minor(value), reading.whole(value)):
        assert amount is None or 0 <= amount < 10**14


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"[" * 100_000, b"1" * 5000, b'{"a": 1} b'],
    ids=range(8),
)
def test_what_is_no_json_is_nothing(body):
    assert reading.parse(body) is None


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("100.0", 10_000),
        ("10.36", 1036),
        (Decimal("19.99"), 1999),
        (Decimal("2E+1"), 2000),
        (20, 2000),
        ("0", 0),
        ("10.361", None),
        (Decimal("0.001"), None),
        (Decimal("1E+999999"), None),
        (Decimal("1E-999999"), None),
        (Decimal("NaN"), None),
        (10**40, None),
        (-1, None),
        ("-1", None),
        ("1e3", None),
        ("1_000", None),
        ("1,000.00", None),
        (" 20", None),
        ("٢٠", None),
        (True, None),
        (19.99, None),
        (None, None),
    ],
)
def test_an_amount_is_read_exactly_or_not_at_all(value, minor):
    assert reading.minor(value) == minor


@given(st.integers(min_value=0, max_value=10**13))
def test_an_amount_that_is_written_is_read_as_itself(amount):
    written = repr(reading.number(amount)).encode()

    assert reading.minor(reading.parse(written)) == amount


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "abc"),
        (7, "7"),
        ("a\nb", ""),
        ("a\x00", ""),
        ("\ud800", ""),
        ("x" * 101, ""),
        (True, ""),
    ],
)
def test_text_is_what_can_be_kept(value, text):
    assert reading.text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "2020-10-21T09:30:40.331+03:00",
        "2020-10-21T06:30:40.331Z",
        "2020-10-21T06:30:40.331000+00:00",
    ],
)
def test_times_are_read_with_their_offset(value):
    assert reading.when(value) == datetime(2020, 10, 21, 6, 30, 40, 331_000, UTC)


@pytest.mark.parametrize("value", ["2020-10-21T09:30:40", "yesterday", -5, 10**30, True, None, ""])
def test_a_time_that_is_not_said_in_full_is_none(value):
    assert reading.when(value) is None
