from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models


class State(models.TextChoices):
    """How a voucher stands. The first that fits, from the bottom up, is its state."""

    UNUSED = "unused", "may be used, and nobody has logged in with it yet"
    ACTIVE = "active", "in use"
    SCHEDULED = "scheduled", "not valid yet"
    PAUSED = "paused", "put aside; its time stands still"
    USED_UP = "used_up", "its data or its time online is used up"
    EXPIRED = "expired"
    REVOKED = "revoked"


# In these the router lets it in; in the rest of `LIVE` it keeps the user, switched off.
OPEN = frozenset({State.UNUSED, State.ACTIVE})
LIVE = OPEN | {State.SCHEDULED, State.PAUSED}


def state_of(facts: Mapping[str, Any], now: datetime) -> State:
    """Return what a voucher's columns make of it at `now`; `with_state` says the same in SQL."""
    if facts["revoked_at"]:
        return State.REVOKED
    if facts["expires_at"] and facts["expires_at"] <= (facts["paused_at"] or now):
        return State.EXPIRED
    if is_used_up(facts):
        return State.USED_UP
    if facts["paused_at"]:
        return State.PAUSED
    if facts["valid_from"] > now:
        return State.SCHEDULED
    return State.ACTIVE if facts["first_login_at"] else State.UNUSED


def is_used_up(facts: Mapping[str, Any]) -> bool:
    """Whether a limit on data or on time online is reached."""
    used = (
        ("time_limit", facts["online_time"]),
        ("data_limit", facts["uploaded"] + facts["downloaded"]),
        ("upload_limit", facts["uploaded"]),
        ("download_limit", facts["downloaded"]),
    )
    return any(facts[limit] is not None and amount >= facts[limit] for limit, amount in used)
