"""The comparison behind the page tests must itself tell right from wrong."""

import pytest

from .likeness import difference


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ({"id": 1}, {"id": 77}),
        ({"at": "2026-11-21T08:00:00Z"}, {"at": "2031-01-01T10:11:12.345678Z"}),
        ({"key": "cp_pub_…"}, {"key": "cp_pub_abc"}),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}),
        ([1, "…"], [1, 2, 3]),
        ({"company": "EMP_0A1B2C3D4E"}, {"company": "EMP_ZZZZZZZZZZ"}),
    ],
)
def test_what_may_differ_is_no_difference(shown, real):
    assert difference(shown, real) == ""


@pytest.mark.parametrize(
    ("shown", "real", "where"),
    [
        ({"a": 1}, {"a": "1"}, "$.a"),
        ({"a": True}, {"a": 1}, "$.a"),
        ({"a": 1}, {"a": 1, "b": 2}, "b"),
        ({"a": 1, "b": 2}, {"a": 1}, "b"),
        ({"error": "Resource not found"}, {"error": "Not found"}, "$.error"),
        ({"rows": [{"x": "1"}]}, {"rows": []}, "$.rows"),
        ({"count": 1}, {"count": 2}, "$.count"),
        ({"at": "2026-11-21T08:00:00Z"}, {"at": "yesterday"}, "$.at"),
    ],
)
def test_a_difference_is_named(shown, real, where):
    assert where in difference(shown, real)
