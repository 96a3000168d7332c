"""Requests and responses, as far as providers look at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # within the provider
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    base: str  # the provider's own address, as the caller spelt it

    def json(self) -> dict[str, Any]:
        """Return the body as an object. Raises `ValueError` for anything else."""
        given = json.loads(self.body or b"{}")
        if not isinstance(given, dict):
            raise ValueError("not an object")
        return given

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("latin-1"), keep_blank_values=True))

    @property
    def bearer(self) -> str:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() == "bearer" else ""


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    truncate: int | None = None
    dropped: bool = False
    before: Callable[[], None] | None = None  # done before a byte is sent
    ended: Callable[[], None] | None = None  # done when it is about to be sent


def dump(data: Any) -> bytes:
    """Return compact JSON, as most providers send it."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def answer(data: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, dump(data), {"Content-Type": "application/json", **named})


class Refusal(Exception):
    """Ends a request with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response
