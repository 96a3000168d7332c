"""What is wrong between the merchant and a provider: by route, so many times."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Fault:
    """Fits any provider or route that it does not name. The first that fits is used up first."""

    provider: str = ""
    route: str = ""  # token, verify, charge, fetch, look_up, refund, fetch_refund, list
    times: int | None = 1  # None: until it is cleared
    drop_request: bool = False
    """The connection is reset, and nothing happened."""
    drop_response: bool = False
    """It happened, and the connection is reset."""
    status: int = 0
    """Answer this instead; nothing happened unless `after`."""
    body: str = ""
    """The answer's body, with `status` or without."""
    headers: dict[str, str] | None = None
    after: bool = False
    """With `status` or `body`: it happened all the same."""
    truncate: int | None = None
    """Cut the connection after so many bytes of the body."""
    drip: float = 0.0
    """Seconds for each byte of the answer."""
    latency: float = 0.0
    """Seconds from when it happened to the answer."""
    stall: bool = False
    """The answer waits until faults are cleared."""
    met: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    """Set once a request has met this and, where it was to happen, has happened."""
    over: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in sorted(_NAMES)}

    def fits(self, provider: str, route: str) -> bool:
        return self.provider in ("", provider) and self.route in ("", route)


_NAMES = {entry.name for entry in fields(Fault) if entry.init}
_STALLED_AT_MOST = 60.0  # real seconds


class Faults:
    """Any thread may add and clear; they hold from the next request on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._stalling: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, provider: str = "", route: str = "", **effects: Any) -> Fault:
        """Add a fault with these effects; an unknown one is a `ValueError`."""
        if unknown := effects.keys() - _NAMES:
            raise ValueError(f"no fault is called {', '.join(sorted(unknown))}")
        fault = Fault(provider, route, **effects)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Put everything right, and let go what was stalled."""
        with self._lock:
            for fault in self._stalling:
                fault.over.set()
            self._stalling.clear()
            self._faults.clear()

    def delay(self, fault: Fault) -> None:
        """Take the time that the fault takes."""
        with self._lock:
            if fault.stall:
                self._stalling.append(fault)
        fault.met.set()
        time.sleep(fault.latency)
        if fault.stall:
            fault.over.wait(_STALLED_AT_MOST)

    def take(self, provider: str, route: str) -> Fault | None:
        """Return the fault that this request meets, and count it."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(provider, route):
                    self._count(fault)
                    return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_json() for fault in self._faults]
