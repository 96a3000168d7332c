"""Values as routers take and show them: many spellings in, one spelling out."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re

TRUE = frozenset({"yes", "true"})
FALSE = frozenset({"no", "false"})

_UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}
_UNIT_FORM = re.compile(r"(?:\d+(?:\.\d+)?(?:w|d|h|ms|us|m|s))+")
_UNIT_PART = re.compile(r"(\d+(?:\.\d+)?)(w|d|h|ms|us|m|s)")
_CLOCK_FORM = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kKMG]?)")
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}")


def parse_boolean(text: str) -> bool | None:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    return None


def parse_duration(text: str) -> float | None:
    """Return seconds for `1w2d3h4m5s`, `1d02:00:00`, `5:00:00` or bare seconds."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    if _UNIT_FORM.fullmatch(text):
        return sum(float(n) * _UNITS[unit] for n, unit in _UNIT_PART.findall(text))
    if match := _CLOCK_FORM.fullmatch(text):
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return weeks * 604800 + days * 86400 + hours * 3600 + minutes * 60 + seconds
    return None


def format_duration(seconds: float) -> str:
    """Show seconds as `1w2d3h4m5s`; less than a second as `9ms445us`."""
    left = round(seconds * 1_000_000)
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms", "us"):
        size = round(_UNITS[unit] * 1_000_000)
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_size(text: str, kilo: int) -> int | None:
    """Return the number in `512k` or `1.5M`; `kilo` is 1000 for rates and 1024 for bytes."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, suffix = match.groups()
    return int(float(number) * kilo ** " kMG".index(suffix.replace("K", "k") or " "))


def parse_mac(text: str) -> str | None:
    if not _MAC.fullmatch(text):
        return None
    digits = text.replace(":", "").replace("-", "").upper()
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def parse_address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def parse_network(text: str) -> str | None:
    """Keep the host bits (`192.168.88.1/24`); a bare address stays bare."""
    try:
        return str(ipaddress.ip_interface(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        return None


def parse_networks(text: str) -> str | None:
    try:
        return ",".join(str(ipaddress.ip_network(part, strict=False)) for part in text.split(","))
    except ValueError:
        return None


def parse_key(text: str) -> bytes | None:
    """Return the 32 bytes of a WireGuard key."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == 32 else None


def parse_version(text: str) -> tuple[int, ...]:
    """Return `7.16.2 (stable)` as numbers that compare: (7, 16, 2)."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    if found is None:
        raise ValueError(f"{text!r} is no RouterOS version")
    return tuple(int(part) for part in found.group().split("."))
