"""What proves to a receiver that a webhook is ours: the Standard Webhooks specification."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta

OVERLAP = timedelta(hours=24)  # how long a secret signs beside the one that replaced it
_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a secret as receivers are given it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """Return the headers that go with `body`; a receiver needs any one of the secrets."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(message_id, timestamp, body, key) for key in keys),
    }


def _signature(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"
