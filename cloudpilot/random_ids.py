"""Public ids and secret keys, all from the system's random source."""

import secrets
import string
import zlib

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM_LENGTH = 6


def public_id(prefix: str, digits: int) -> str:
    """Return an id such as `RTR_0A1B2C3D`: a prefix and upper-case hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex(digits // 2).upper()}"


def checked_key(prefix: str, length: int) -> str:
    """Return `prefix`, `length` random base-62 characters and a checksum over both.

    Secret scanners recognise a leaked key by prefix and checksum, and we refuse a mistyped one
    without asking the database.
    """
    body = prefix + "".join(secrets.choice(_BASE62) for _ in range(length))
    return body + _checksum(body)


def is_checked_key(key: str, prefix: str) -> bool:
    """Say whether `key` has the prefix and a checksum that fits."""
    body, checksum = key[:-_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    return key.startswith(prefix) and key.isascii() and _checksum(body) == checksum


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
