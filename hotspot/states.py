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


# In these the router lets it in; in `WAITING` it keeps the user, switched off.
OPEN = frozenset({State.UNUSED, State.ACTIVE})
WAITING = frozenset({State.SCHEDULED, State.PAUSED})
LIVE = OPEN | WAITING
