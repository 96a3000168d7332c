"""How networks, nodes and devices may be called."""

import re
import secrets
import string

# What paths begin with, or have in a network's place.
RESERVED = frozenset(
    {"adm", "admin", "dns", "extclients", "files", "hosts", "keys", "network", "networks", "node",
     "nodes", "server", "users"}
)  # fmt: skip
NETID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,11}\Z"
_MAC = re.compile(r"[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}")
_LETTERS = string.ascii_letters + string.digits


def canonical_mac(text: str) -> str:
    """Return a MAC address as we keep it: in lower case, with colons. Raises `ValueError`."""
    lower = text.strip().lower()
    if not lower.isascii() or not _MAC.fullmatch(lower):
        raise ValueError("Write a MAC address as 8c:90:b5:06:f1:d9.")
    return lower.replace("-", ":")


def mac_or_nobodys(text: object) -> str:
    """Return a MAC address as we keep it, or an empty text, which no device has for one."""
    try:
        return canonical_mac(str(text))
    except ValueError:
        return ""


def random_letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
