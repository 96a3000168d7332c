"""What in a router's rows opens something, and is not shown to people."""

import re
from collections.abc import Mapping

MASK = "********"

_SECRET = re.compile(
    r".*(password|secret|passphrase|passwd|token|(?<!public)-key(-\d)?)|key|passcode|pin|community"
)


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """Return the row with what is secret in it hidden; an empty secret shows that it is empty."""
    return {name: MASK if value and is_secret(name) else value for name, value in values.items()}


def is_secret(name: str) -> bool:
    """Say whether the attribute of this name holds what opens something."""
    return bool(_SECRET.fullmatch(name.lstrip("!").lower()))


def is_masked(text: str) -> bool:
    """Whether a router that hides its secrets shows this instead of one."""
    return not text.strip("*")
