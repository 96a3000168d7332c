"""A configuration as a QR code, which WireGuard's apps on phones read."""

from io import BytesIO
from typing import Any

import segno
from segno import QRCode

from networks.errors import ConfigurationTooLong

_BORDER = 4  # as the standard asks for


def svg(text: str) -> bytes:
    """Draw it black on white, whatever page it is put on. Raises `ConfigurationTooLong`."""
    return _drawn(text, kind="svg", light="white", svgclass=None, lineclass=None, omitsize=True)


def png(text: str) -> bytes:
    """Draw it with six dots a module. Raises `ConfigurationTooLong`."""
    return _drawn(text, kind="png", scale=6)


def _drawn(text: str, **how: Any) -> bytes:
    file = BytesIO()
    _code(text).save(file, border=_BORDER, **how)
    return file.getvalue()


def _code(text: str) -> QRCode:
    try:
        return segno.make_qr(text, error="l", encoding="utf-8")
    except segno.DataOverflowError as exc:
        raise ConfigurationTooLong(
            "This configuration has too many peers for a QR code: take its text, or give the "
            "network a hub."
        ) from exc
