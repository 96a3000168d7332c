from functools import cache
from typing import Final

import segno

# Any mask makes a valid symbol. Choosing the best one of eight costs five times as much.
_MASK: Final = 3
_AS_TEXT: Final = bytes.maketrans(b"\0\1", b"01")


class Symbols:
    """QR codes of texts that begin alike, such as one login address with many codes.

    With its version, mode and mask fixed, a symbol is linear over its bits: the modules that one
    flipped bit changes are the same whatever the rest says, error correction included. So the
    symbol of each bit is encoded once, and any other text is an exclusive-or of those: some
    fifty times faster than encoding it, and the same modules (which a test compares).
    """

    def __init__(self, prefix: str) -> None:
        self._changes = cache(self._find_changes)
        self._blank = cache(self._encode_blank)
        self._prefix = prefix.encode()

    def rows(self, ending: str) -> list[str]:
        """Return the symbol's rows from the top, of `1` for dark and `0` for light."""
        modules, width = self._modules(ending.encode())
        bits = f"{modules:0{width * width}b}"
        return [bits[at : at + width] for at in range(0, len(bits), width)]

    def _modules(self, ending: bytes) -> tuple[int, int]:
        modules, width = self._blank(len(ending))
        for place, byte in enumerate(ending):
            for bit in range(8):
                if byte >> bit & 1:
                    modules ^= self._changes(len(ending), place, bit)
        return modules, width

    def _encode_blank(self, length: int) -> tuple[int, int]:
        return self._encode(bytes(length))

    def _find_changes(self, length: int, place: int, bit: int) -> int:
        flipped = bytearray(length)
        flipped[place] = 1 << bit
        modules, _ = self._encode(bytes(flipped))
        blank, _ = self._blank(length)
        return modules ^ blank

    def _encode(self, ending: bytes) -> tuple[int, int]:
        symbol = segno.make_qr(
            self._prefix + ending, error="m", mode="byte", mask=_MASK, boost_error=False
        )
        matrix = b"".join(symbol.matrix)
        return int(matrix.translate(_AS_TEXT), 2), len(symbol.matrix)
