"""Telephone numbers as people type them, and as they are kept: E.164, of Kenya and Mexico."""

import re

from cloudpilot.crypto import digest


class NotAPhone(ValueError):
    """It is no number that a guest could have in the countries that we know."""


# By country: what the number looks like once all but digits (and a leading plus) is gone. A number
# of one country is never one of the other: Kenya's begin with 0, 7, 1 or 254, Mexico's do not.
_TYPED = {
    "KE": re.compile(r"(?:\+?254|0)?([17][0-9]{8})"),
    # 1 after the country's code, and 044 or 045 before the rest, marked mobile phones until 2019.
    "MX": re.compile(r"(?:\+?521?|04[45])?([2-9][0-9]{9})"),
}
_CODES = {"KE": "254", "MX": "52"}
_BETWEEN = re.compile(r"[\s().\-/\u2010-\u2015]+")


def normalise(typed: str) -> str:
    """Return the number as E.164, such as `+254712345678`. Raises `NotAPhone`.

    Nothing changes when it is done again.
    """
    digits = _BETWEEN.sub("", typed) if len(typed) <= 40 else ""
    digits = re.sub(r"\A00", "+", digits)
    for country, pattern in _TYPED.items():
        if match := pattern.fullmatch(digits):
            return f"+{_CODES[country]}{match[1]}"
    raise NotAPhone("Enter a Kenyan or Mexican mobile number, such as 0712 345 678.")


def country_of(phone: str) -> str:
    """Return the country, `KE` or `MX`, of a number in E.164."""
    return next(country for country, code in _CODES.items() if phone.startswith(f"+{code}"))


def masked(phone: str) -> str:
    """Return the number with what tells its owner left out: `+2547•••678`."""
    return f"{phone[:5]}•••{phone[-3:]}" if len(phone) > 8 else "•••"


def index(phone: str) -> str:
    """Return the keyed digest by which payments of a number in E.164 are found; "" of none."""
    return digest(phone, "guest-phone") if phone else ""
