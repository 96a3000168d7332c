"""Real Curve25519 keys, in the base64 that routers show."""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


def make_private_key() -> str:
    key = bytearray(secrets.token_bytes(32))
    key[0] &= 248  # clamped, as `wg genkey` does
    key[31] = key[31] & 127 | 64
    return base64.b64encode(key).decode()


def make_shared_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def public_key(private: str) -> str:
    key = X25519PrivateKey.from_private_bytes(base64.b64decode(private))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
