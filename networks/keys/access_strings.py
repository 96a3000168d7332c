"""Access strings: an access key with where it is good, in one word for people to hand on."""

import base64
import binascii
import json

from django.conf import settings

from networks.models import Network

_VERSION = 1


def written(network: Network, value: str) -> str:
    """Return the access string of a key; clients need not know what is in it."""
    parts = {
        "api": settings.PUBLIC_URL,
        "network": network.netid,
        "key": value,
        "localrange": network.local_range if network.is_local else "",
        "v": _VERSION,
    }
    return base64.b64encode(json.dumps(parts).encode()).decode()


def key_in(text: str) -> str:
    """Return the key in an access string, also in one of older servers; a bare key is its own."""
    try:
        opened = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text
    parts = opened.split("|")
    if len(parts) in _PLACES:
        return parts[_PLACES[len(parts)]]
    return _key_in_json(opened) or text


# Of how many parts older strings are, and which of them is the key.
_PLACES = {4: 2, 6: 4}


def _key_in_json(opened: str) -> str:
    try:
        parts = json.loads(opened)
    except (ValueError, RecursionError):
        return ""
    key = parts.get("key") if isinstance(parts, dict) else None
    return key if isinstance(key, str) else ""
