"""What lies beyond a simulated router's uplink: web servers, as far as `/tool/fetch` asks them."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WebRequest:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    checks_certificate: bool = False


@dataclass(frozen=True, slots=True)
class WebAnswer:
    status: int
    body: bytes = b""


# Answers a request; raises `OSError` where nobody does.
Web = Callable[[WebRequest], WebAnswer]


def no_web(request: WebRequest) -> WebAnswer:
    """Answer everything with nothing: the web of a router that is connected to none."""
    return WebAnswer(200)


def real_web(request: WebRequest) -> WebAnswer:
    """Ask for real. The router does nothing else until there is an answer."""
    if not request.url.startswith(("http://", "https://")):
        raise OSError("unsupported scheme")
    asked = urllib.request.Request(  # noqa: S310 - of the two schemes above
        request.url, request.body or None, dict(request.headers), method=request.method
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
            return WebAnswer(answer.status, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return WebAnswer(refused.code, refused.read())
    except http.client.HTTPException as exc:
        raise OSError("bad answer") from exc
