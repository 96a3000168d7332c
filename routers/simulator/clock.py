"""A router's own time: it runs like the real one, and can be pushed forward."""

from __future__ import annotations

import contextlib
import math
import time
from datetime import UTC, date, datetime, timedelta

NEVER = math.inf


class Clock:
    def __init__(self) -> None:
        self._born = datetime.now(UTC)
        self._started = time.monotonic()
        self._pushed = 0.0
        self._booted = 0.0

    def seconds(self) -> float:
        """Return the seconds since the router was made; never goes back."""
        return time.monotonic() - self._started + self._pushed

    def advance(self, seconds: float) -> None:
        self._pushed += seconds

    def restart(self) -> None:
        self._booted = self.seconds()

    def booted(self) -> float:
        """Return the second of the last boot."""
        return self._booted

    def uptime(self) -> float:
        return self.seconds() - self._booted

    def now(self, skew: float = 0.0) -> datetime:
        """Return the date and time that the router would show, wrong by `skew` seconds."""
        return self.at(self.seconds(), skew)

    def at(self, seconds: float, skew: float = 0.0) -> datetime:
        return self._born + timedelta(seconds=seconds + skew)


def format_date(moment: datetime, version: tuple[int, ...]) -> str:
    # datetime-routeros#1: `jul/14/2023` up to 7.9, ISO dates since 7.10.
    if version >= (7, 10):
        return moment.strftime("%Y-%m-%d")
    return moment.strftime("%b/%d/%Y").lower()


def parse_date(text: str) -> date | None:
    """Read either spelling, whatever the version shows."""
    for form in ("%Y-%m-%d", "%b/%d/%Y"):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
    return None


def format_log_time(moment: datetime, now: datetime, version: tuple[int, ...]) -> str:
    if version >= (7, 10):
        return format_moment(moment, version)
    if moment.date() == now.date():
        return f"{moment:%H:%M:%S}"
    return moment.strftime("%b/%d %H:%M:%S").lower()


def format_moment(moment: datetime, version: tuple[int, ...]) -> str:
    return f"{format_date(moment, version)} {moment:%H:%M:%S}"
