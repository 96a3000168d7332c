"""The steps of a router that a pasted line sets up, and which of them are done. Pure."""

from datetime import datetime, timedelta
from typing import Final

JOINED, FETCHED, TUNNEL, API, MANAGED = "joined", "fetched", "tunnel", "api", "managed"
NAMES: Final = (JOINED, FETCHED, TUNNEL, API, MANAGED)

# Two handshakes of a peer in use are at most so far apart, and a packet's life.
HANDSHAKE_GOOD_FOR: Final = timedelta(minutes=3)


def judged(
    *,
    is_pending: bool,
    fetched_at: datetime | None,
    heard_at: datetime | None,
    is_online: bool,
    written_at: datetime | None,
    error: str,
    now: datetime,
) -> dict[str, bool]:
    """Say of each step whether it is done; an error is why the last pass failed."""
    return {
        JOINED: not is_pending,
        FETCHED: fetched_at is not None,
        TUNNEL: heard_at is not None and heard_at > now - HANDSHAKE_GOOD_FOR,
        API: is_online,
        MANAGED: is_online and written_at is not None and not error,
    }


def first_failing(done: dict[str, bool]) -> str | None:
    return next((name for name in NAMES if not done[name]), None)
