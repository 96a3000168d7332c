"""The 65 values of `valid_for`, and no others."""

from datetime import timedelta
from typing import Final

from hotspot.words import in_words

_HOURS = range(1, 24)
_DAYS = (*range(1, 31), *range(35, 61, 5), 90, 120, 150, 180, 365)

VALID_FOR: Final[dict[str, timedelta | None]] = {
    "always": None,
    **{in_words(span): span for span in (timedelta(hours=hours) for hours in _HOURS)},
    **{in_words(span): span for span in (timedelta(days=days) for days in _DAYS)},
}
DEFAULT: Final = "1 day"


def valid_for(lifetime: timedelta | None) -> str:
    """Return the value for a lifetime; of a voucher made elsewhere, its time in the same words."""
    return in_words(lifetime) if lifetime else "always"
