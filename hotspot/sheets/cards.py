from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

from hotspot.words import counted, in_words

_MEGABYTES_IN_A_GIGABYTE = 1024


@dataclass(frozen=True)
class Card:
    """One voucher as its buyer sees it; `None` is what has no limit, or no price."""

    code: str
    package: str
    price: Decimal | None = None
    currency: str = ""
    validity: timedelta | None = None
    download_mbps: int | None = None
    upload_mbps: int | None = None
    data_mb: int | None = None
    devices: int | None = None
    online: timedelta | None = None  # of the validity, so much may be spent online

    def price_in_words(self) -> str:
        return "" if self.price is None else f"{self.currency} {self.price:,}".strip()

    def promises(self) -> list[str]:
        """Return what the card is good for, in at most three lines."""
        amounts = (
            _data(self.data_mb) if self.data_mb else "",
            counted(self.devices, "device") if self.devices else "",
        )
        times = (
            in_words(self.validity) if self.validity else "",
            f"{in_words(self.online)} online" if self.online else "",
        )
        lines = (
            " · ".join(filter(None, times)) or "No time limit",
            _speed(self.download_mbps, self.upload_mbps),
            " · ".join(filter(None, amounts)),
        )
        return [line for line in lines if line]


@dataclass(frozen=True)
class Sheet:
    """What all cards of a sheet share. Without `login_url` a card has no QR code."""

    company: str
    colour: str = "#1f4e79"  # #rrggbb
    login_url: str = ""
    columns: int = 3

    def link_prefix(self) -> str:
        """Return the address of the login page up to where a code comes in."""
        joint = "&" if "?" in self.login_url else "?"
        return f"{self.login_url}{joint}{urlencode({'username': ''})}"


def _speed(download: int | None, upload: int | None) -> str:
    if download and upload:
        return f"{download} Mbps down, {upload} up"
    if download or upload:
        return f"{download or upload} Mbps {'down' if download else 'up'}"
    return ""


def _data(megabytes: int) -> str:
    if megabytes % _MEGABYTES_IN_A_GIGABYTE:
        return f"{megabytes:,} MB"
    return f"{megabytes // _MEGABYTES_IN_A_GIGABYTE:,} GB"
