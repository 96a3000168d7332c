"""People on the hotspot, for tests and demonstrations to move about from any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from routers.simulator.router import Router

T = TypeVar("T")


class Runner(Protocol):
    """Runs a function in the simulator's own thread and gives its result."""

    def __call__(self, act: Callable[[], T]) -> T: ...


class Guests:
    """A guest is known by the MAC address of the device."""

    def __init__(self, router: Router, in_loop: Runner) -> None:
        self._router = router
        self._in_loop = in_loop

    def arrive(self, mac: str, address: str, server: str = "") -> str:
        """Join the hotspot's network; return the id among the hosts."""
        return self._in_loop(lambda: self._router.hotspot.arrive(mac, address, server))

    def log_in(self, mac: str, user: str, password: str = "") -> str:
        """Log in on the login page; raises `Refused` with the words that the page shows."""
        return self._in_loop(lambda: self._router.hotspot.log_in_by_web(mac, user, password))

    def log_out(self, mac: str) -> None:
        self._in_loop(lambda: self._router.hotspot.log_out(mac))

    def browse(self, mac: str, upload: int, download: int) -> None:
        """Use so many bytes a second from now on; twice 0 is silence, with the device there."""
        self._in_loop(lambda: self._router.hotspot.browse(mac, upload, download))

    def leave(self, mac: str) -> None:
        """Walk out of range without a word."""
        self._in_loop(lambda: self._router.hotspot.leave(mac))
