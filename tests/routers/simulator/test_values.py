import pytest

from routers.simulator import values


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("01:00:00", "1h"),
        ("90m", "1h30m"),
        ("14d", "2w"),
        ("5:00:00", "5h"),
        ("1d02:00:00", "1d2h"),
        ("3600", "1h"),
        ("0", "0s"),
        ("1w2d3h4m5s", "1w2d3h4m5s"),
        ("9ms445us", "9ms445us"),
        ("3300ms", "3s300ms"),
    ],
)
def test_a_duration_is_shown_one_way_however_it_was_written(written, shown):
    assert values.format_duration(values.parse_duration(written)) == shown


@pytest.mark.parametrize("text", ["", "soon", "1x", "12:", "-1s"])
def test_what_is_no_duration_is_not_taken_for_one(text):
    assert values.parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "kilo", "size"),
    [("512k", 1000, 512_000), ("1M", 1000, 1_000_000), ("1M", 1024, 1_048_576), ("7", 1000, 7)],
)
def test_a_size_counts_in_thousands_or_in_1024s(text, kilo, size):
    assert values.parse_size(text, kilo) == size


@pytest.mark.parametrize("text", ["aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF", "aabbccddeeff"])
def test_a_mac_address_is_shown_in_capitals_with_colons(text):
    assert values.parse_mac(text) == "AA:BB:CC:DD:EE:FF"


def test_versions_compare_as_numbers():
    assert values.parse_version("7.9.1 (stable)") < values.parse_version("7.10")
