"""What values mean: RouterOS takes many spellings of one value, and shows another.

A kind reads a spelling as its meaning, which compares with `==`, and writes Python's values as
RouterOS takes them. See *How rows are compared* in docs/desired-state.md.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from ipaddress import ip_address, ip_interface, ip_network

from routers.reconcile.rows import Value

Read = Callable[[str], Hashable]
Write = Callable[[Value], str]


class Kind:
    """How one sort of value is read and written. `words` are taken as they are."""

    def __init__(self, name: str, read: Read, write: Write | None = None, *words: str) -> None:
        self.name = name
        self._read = read
        self._write = write
        self._words = words
        # Of plain text there is nothing to remember, and some of it is passwords.
        remember = lru_cache(maxsize=0 if read is _as_it_is else 1 << 15)
        self._meaning = remember(self._meaning_or_text)

    def or_words(self, *words: str) -> "Kind":
        """Return this kind with words such as `none` and `unlimited` beside its values."""
        return Kind(self.name, self._read, self._write, *self._words, *words)

    def meaning(self, text: str) -> Hashable:
        """Return what `text` means; what this kind cannot read means itself."""
        return self._meaning(text)

    def wire(self, value: Value) -> str:
        """Return `value` as RouterOS takes it; raises `ValueError` if it is none of this kind."""
        if isinstance(value, str):
            if value not in self._words:
                self._read(value)
            return value
        if self._write is None:
            raise ValueError(f"{value!r} is no {self.name}; give it as text.")
        return self._write(value)

    def _meaning_or_text(self, text: str) -> Hashable:
        if text in self._words:
            return text
        try:
            return self._read(text)
        except ValueError:
            return text


# Text, and words that stand for themselves ---------------------------------------------------


def _as_it_is(text: str) -> str:
    return text


def _without_carriage_returns(text: str) -> str:
    # Consoles and editors of RouterOS end a script's lines with both.
    return text.replace("\r\n", "\n")


# `00123` and `yes` are passwords like any other.
TEXT = Kind("text", _as_it_is)
WORD = Kind("word", _as_it_is)
SCRIPT = Kind("script", _without_carriage_returns)


# Yes and no ----------------------------------------------------------------------------------

_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def _read_flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(f"{text!r} is neither yes nor no.")
    return _FLAGS[text]


def _write_flag(value: Value) -> str:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither yes nor no.")
    return "yes" if value else "no"


FLAG = Kind("flag", _read_flag, _write_flag)


# Numbers -------------------------------------------------------------------------------------

_DIGITS = re.compile(r"-?[0-9]+")
_HEX = re.compile(r"0[xX][0-9a-fA-F]+")
_SCALED = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kKMGT]?)")
_POWER = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def _read_number(text: str) -> int:
    if _HEX.fullmatch(text):
        return int(text, 16)
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"{text!r} is no number.")
    return int(text)


def _scaled(text: str, thousand: int) -> int:
    """Read `1.5M`; its half is exact."""
    match = _SCALED.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no number with k, M or G.")
    number, suffix = match.groups()
    return int((Fraction(number) if "." in number else int(number)) * thousand ** _POWER[suffix])


def _read_size(text: str) -> int:
    return _scaled(text, 1024)


def _read_rate(text: str) -> int:
    if text == "unlimited":
        return 0
    return _scaled(text.removesuffix("bps"), 1000)


def _write_number(value: Value) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number.")
    return str(value)


NUMBER = Kind("number", _read_number, _write_number)
SIZE = Kind("size", _read_size, _write_number)  # bytes; k is 1024
RATE = Kind("rate", _read_rate, _write_number)  # bits a second; k is 1000


# Time ----------------------------------------------------------------------------------------

_MICROSECONDS = {
    "w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000,
    "s": 1_000_000, "ms": 1000, "us": 1,
}  # fmt: skip
_UNITS = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:w|d|h|ms|us|m|s))+")
_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(w|d|h|ms|us|m|s)")
_CLOCK = re.compile(
    r"(?:([0-9]+)w)?(?:([0-9]+)d)?([0-9]+):([0-9]{1,2})(?::([0-9]{1,2}(?:\.[0-9]+)?))?"
)


def _read_duration(text: str) -> int:
    """Read `1w2d3h`, `1d02:00:00`, `5:00` (of hours and minutes) or bare seconds as microseconds."""
    if _DIGITS.fullmatch(text):
        return int(text) * _MICROSECONDS["s"]
    if _UNITS.fullmatch(text):
        return sum(_microseconds(n, unit) for n, unit in _UNIT.findall(text))
    if match := _CLOCK.fullmatch(text):
        units = zip(match.groups(default="0"), ("w", "d", "h", "m", "s"), strict=True)
        return sum(_microseconds(n, unit) for n, unit in units)
    raise ValueError(f"{text!r} is no duration.")


def _microseconds(number: str, unit: str) -> int:
    return int((Fraction(number) if "." in number else int(number)) * _MICROSECONDS[unit])


def _write_duration(value: Value) -> str:
    """Write as RouterOS shows it: `1w2d3h4m5s`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = timedelta(seconds=value)
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise ValueError(f"{value!r} is no duration.")
    left = value // timedelta(microseconds=1)
    parts = []
    for unit, size in _MICROSECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


DURATION = Kind("duration", _read_duration, _write_duration)


# Addresses -----------------------------------------------------------------------------------

_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")


def _read_mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is no MAC address.")
    return text.replace(":", "").replace("-", "").upper()


def _read_prefix(text: str) -> Hashable:
    """Read `!10.1.2.3/8`, `10.1.2.3` or `10.1.2.3-10.1.2.9`; host bits mean nothing here."""
    plain = text.removeprefix("!")
    first, dash, last = plain.partition("-")
    if dash:
        return plain != text, ip_address(first), ip_address(last)
    return plain != text, ip_network(plain, strict=False)


def _read_networks(text: str) -> Hashable:
    return frozenset(_prefix_or_name(part) for part in _parts(text))


def _prefix_or_name(text: str) -> Hashable:
    try:
        return _read_prefix(text)
    except ValueError:
        return text


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


MAC = Kind("MAC address", _read_mac)
ADDRESS = Kind("address", ip_address)
INTERFACE_ADDRESS = Kind("address with its network", ip_interface)  # host bits count
PREFIX = Kind("network", _read_prefix)
PREFIX_OR_NAME = Kind("network or name", _prefix_or_name)
NETWORKS = Kind("list of networks", _read_networks)  # in any order; names stay names


# Lists, pairs and strings made of both -------------------------------------------------------


def _read_words(text: str) -> Hashable:
    plain = text.removeprefix("!")  # it turns round the whole match
    return plain != text, frozenset(_parts(plain))


def _read_policy(text: str) -> Hashable:
    # Routers go on to name what is not granted, with a `!`; to grant nothing is to be unset.
    return frozenset(part for part in _parts(text) if not part.startswith("!")) or None


WORDS = Kind("set of words", _read_words)
POLICY = Kind("set of policies", _read_policy)
LIST = Kind("list", _parts)  # in this order


def pair(kind: Kind) -> Kind:
    """Return the kind of `up/down`; a single value stands for both."""

    def read(text: str) -> Hashable:
        first, slash, second = text.partition("/")
        kind.wire(first)
        kind.wire(second if slash else first)
        return kind.meaning(first), kind.meaning(second if slash else first)

    return Kind(
        f"pair of {kind.name}s", read, lambda value: f"{kind.wire(value)}/{kind.wire(value)}"
    )


RATES = pair(RATE)
_TIMES = pair(DURATION)
_NONE = (0, 0)


def _read_rate_limit(text: str) -> Hashable:
    """Read a profile's `rate burst-rate burst-threshold burst-time priority least-rate`.

    What is left out at the end has the value that RouterOS's manual gives it.
    """
    parts = text.split()
    if not 1 <= len(parts) <= 6:
        raise ValueError(f"{text!r} is no rate limit.")
    kinds = (RATES, RATES, RATES, _TIMES, NUMBER, RATES)
    for kind, part in zip(kinds, parts, strict=False):
        kind.wire(part)
    given = [kind.meaning(part) for kind, part in zip(kinds, parts, strict=False)]
    rate, burst, threshold, time, priority, least = given + [None] * (6 - len(given))
    if burst in (None, _NONE):
        burst, threshold, time = _NONE, _NONE, _NONE
    second = _MICROSECONDS["s"]
    return rate, burst, threshold or rate, time or (second, second), priority or 8, least or _NONE


RATE_LIMIT = Kind("rate limit", _read_rate_limit, lambda value: RATES.wire(value))


# Fields --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a menu.

    `default` is what an unset or absent value means, None if that is nothing but "unset".
    `points_at` is the menu whose rows it names. The router shows what is `private`, but we tell
    it nobody and keep it nowhere: a voucher's name is its code.
    """

    kind: Kind
    default: str | None = None
    secret: bool = False
    private: bool = False
    points_at: str = ""

    def wire(self, value: Value) -> str | None:
        """Return what to write; None stands for the command to unset it."""
        return self.default if value is None else self.kind.wire(value)

    def meaning(self, text: str | None) -> Hashable:
        """Return what the router's text means; an unset field is absent from its row, or empty."""
        known = text or self.default
        return self.kind.meaning(known) if known else None

    def same(self, left: str | None, right: str | None) -> bool:
        return left == right or self.meaning(left) == self.meaning(right)
