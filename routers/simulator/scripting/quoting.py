"""Strings in scripts: what stands between quotes, and what it means."""

from __future__ import annotations

import re

ESCAPES = {
    b'"': b'"', b"\\": b"\\", b"$": b"$", b"?": b"?", b"_": b" ", b"n": b"\n", b"r": b"\r",
    b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v",
}  # fmt: skip
# Hexadecimal digits are capitals: `\b` is a backspace, and `\0B` a byte.
HEX = re.compile(rb"[0-9A-F]{2}")
_PLAIN = frozenset(b" !#%&'()*+,-./0123456789:;<=>@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
                   b"abcdefghijklmnopqrstuvwxyz{|}~")  # fmt: skip
_NAMED = {ord(meant): b"\\" + mark for mark, meant in ESCAPES.items() if mark in b'"\\$?nrt'}


def to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def to_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def quote(text: str) -> str:
    """Spell any text as a string that an export would hold."""
    spelt = (
        bytes((byte,)) if byte in _PLAIN else _NAMED.get(byte, b"\\%02X" % byte)
        for byte in to_bytes(text)
    )
    return f'"{to_text(b"".join(spelt))}"'
