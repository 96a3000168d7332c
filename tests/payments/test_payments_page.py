"""The page that says what can go wrong names tests that are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "payments.md"
ROWS = re.findall(r"^\| (\d+) \|.*\| `([^`]+)` \|$", PAGE.read_text(), re.MULTILINE)


def test_every_case_has_a_row():
    assert [int(number) for number, _ in ROWS] == list(range(1, 51))


@pytest.mark.parametrize("named", sorted({named for _, named in ROWS}))
def test_a_test_that_is_named_is_there(named):
    path, _, function = named.partition("::")
    files = [folder / path for folder in (TESTS / "payments", TESTS) if (folder / path).exists()]

    [file] = files
    assert not function or f"def {function}(" in file.read_text()
