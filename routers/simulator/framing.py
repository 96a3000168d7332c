"""Sentences of length-prefixed words, as the manual has them: five forms in, four out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# No known router takes more; it keeps a five-byte length from asking for gigabytes.
MAX_WORD = 16 * 1024 * 1024


class BrokenFraming(Exception):
    """The bytes are no sentence: the connection cannot be understood any further."""


def encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    if length < 0x4000:
        return (length | 0x8000).to_bytes(2, "big")
    if length < 0x200000:
        return (length | 0xC00000).to_bytes(3, "big")
    if length < 0x10000000:
        return (length | 0xE0000000).to_bytes(4, "big")
    raise BrokenFraming(f"a word of {length} bytes")


_SHORT = [encode_length(length) for length in range(0x80)]


def encode_sentence(words: Iterable[str]) -> bytes:
    parts = []
    for word in words:
        data = word.encode("utf-8", "surrogateescape")
        # Nearly every word is short, and a large table has many of them.
        parts.append(_SHORT[len(data)] if len(data) < 0x80 else encode_length(len(data)))
        parts.append(data)
    parts.append(b"\0")
    return b"".join(parts)


def _length_at(data: bytearray, at: int) -> tuple[int, int] | None:
    """Return the word length that starts at `at` and where the word begins, if it is there."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first < 0xC0:
        extra, mask = 1, 0x3F
    elif first < 0xE0:
        extra, mask = 2, 0x1F
    elif first < 0xF0:
        extra, mask = 3, 0x0F
    elif first < 0xF8:
        extra, mask = 4, 0
    else:
        raise BrokenFraming(f"control byte {first:#x}")
    begin = at + 1 + extra
    if len(data) < begin:
        return None
    length = first & mask
    for byte in data[at + 1 : begin]:
        length = length << 8 | byte
    return length, begin


class Decoder:
    """Collects bytes in whatever pieces they arrive, and gives whole sentences."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._words: list[str] = []
        self.max_sentence = MAX_WORD

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Yield the sentences that `data` completes. Empty sentences are passed over.

        A value may hold any byte, so what is not UTF-8 survives as surrogates and goes out
        again as it came in.
        """
        self._data += data
        at = 0
        try:
            while at < len(self._data):
                found = self._word_at(at)
                if found is None:
                    break
                word, at = found
                if word:
                    self._words.append(word.decode("utf-8", "surrogateescape"))
                elif self._words:
                    sentence, self._words = self._words, []
                    yield sentence
        finally:
            del self._data[:at]

    def _word_at(self, at: int) -> tuple[bytes, int] | None:
        head = _length_at(self._data, at)
        if head is None:
            return None
        length, begin = head
        if length + sum(map(len, self._words)) > self.max_sentence:
            raise BrokenFraming(f"a word of {length} bytes")
        end = begin + length
        if len(self._data) < end:
            return None
        return bytes(self._data[begin:end]), end
