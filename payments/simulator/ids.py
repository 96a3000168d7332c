"""Names that providers give to things: the same again for the same seed."""

from __future__ import annotations

import random
import string
import uuid

_RECEIPT = string.ascii_uppercase + string.digits


class Ids:
    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret of anybody

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        return f"{self.random.getrandbits(length * 4):0{length}x}"

    def digits(self, length: int) -> str:
        """Return a number of so many digits; the first is not 0."""
        return str(self.random.randrange(10 ** (length - 1), 10**length))

    def text(self, length: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(self.random.choices(letters, k=length))

    def receipt(self) -> str:
        """Return a code such as M-Pesa's in the guest's message, `OJJ1MPU40Z`."""
        return self.random.choice(string.ascii_uppercase) + self.text(9, _RECEIPT)
