"""Voucher codes: what a guest reads off a card and types on a phone.

A code is text everywhere, also when it looks like a number: a leading zero counts.
"""

import itertools
import math
import secrets
import unicodedata
from typing import Final

from cloudpilot import crypto

DIGITS: Final = "0123456789"
# Nothing in it looks like anything else in it: no 0 and O, no 1, I and L, and no U beside V.
LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

# What a code must have that is sold, so that nobody finds a living one by guessing.
SOLD_BITS: Final = 50

_GROUP = 4
_AS_DIGITS = str.maketrans("OIL", "011")
# Nobody was ever given these, so each can only be a misreading of what it resembles most.
_AS_LETTERS = str.maketrans("0O1ILU", "QQJJJV")


def new_codes(count: int, *, bits: int = SOLD_BITS, alphabet: str = LETTERS) -> list[str]:
    """Return `count` different codes, each as hard to guess as `bits` random bits or harder.

    They differ from each other; that they differ from those which exist is for the database to
    say. Raises `ValueError` where so many could hardly be told from guesses.
    """
    length = length_of(bits, alphabet)
    if count * 2 > len(alphabet) ** length:
        raise ValueError(f"{count} codes do not fit into {bits} bits.")
    codes: set[str] = set()
    while len(codes) < count:
        missing = count - len(codes)
        text = _random_text(missing * length, alphabet)
        codes.update(text[at : at + length] for at in range(0, len(text), length))
    return list(codes)


def length_of(bits: int, alphabet: str) -> int:
    """Return how many characters of `alphabet` hold at least `bits` bits."""
    return math.ceil(bits / math.log2(len(alphabet)))


def _random_text(length: int, alphabet: str) -> str:
    """Return `length` characters, all of them equally likely at each place.

    A character at a time from `secrets` costs ten times as much, and batches are large.
    """
    # Bytes past the last whole multiple would favour the first characters, so they are dropped.
    fair = 256 - 256 % len(alphabet)
    table = bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))
    dropped = bytes(range(fair, 256))
    text = ""
    while len(text) < length:
        missing = length - len(text)
        text += secrets.token_bytes(missing).translate(table, dropped).decode()
    return text


def grouped(code: str) -> str:
    """Return `code` in even groups as it is printed, such as `ABCD-EFGH-JKM`.

    A code that somebody chose (`john`, `room-12`) is shown as it is: there a dash would read as
    part of it.
    """
    if not (set(code) <= set(LETTERS) or set(code) <= set(DIGITS)):
        return code
    groups = math.ceil(len(code) / _GROUP) or 1
    ends = [math.ceil(len(code) * group / groups) for group in range(groups + 1)]
    return "-".join(code[start:end] for start, end in itertools.pairwise(ends))


def normalise(typed: str) -> str:
    """Return the code that somebody who typed `typed` most likely read off a card.

    Case, spaces, dashes, the wide or local digits of a phone's keyboard and characters that no
    code of ours has all count for nothing. A code that was chosen by hand may not survive this:
    see `readings`.
    """
    text = "".join(map(_plain, unicodedata.normalize("NFKC", typed))).upper()
    as_digits = text.translate(_AS_DIGITS)
    if as_digits.isdigit():
        return as_digits
    return text.translate(_AS_LETTERS)


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return character if character.isascii() and character.isalpha() else ""


def readings(typed: str) -> list[str]:
    """Return the codes that `typed` may mean: to the letter first, then as `normalise` reads it."""
    return [code for code in dict.fromkeys((typed.strip(), normalise(typed))) if code]


def index(code: str) -> str:
    """Return the keyed digest by which `code` is found while it is stored sealed."""
    return crypto.digest(code, "voucher-code")
