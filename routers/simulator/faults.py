"""What can be wrong with a router or the way to it; switchable while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class FaultSettings:
    latency: float = 0.0
    """Seconds of round trip, on connecting and on every reply; replies overlap."""
    refuse: bool = False
    """New connections are reset as soon as they are made."""
    silent: bool = False
    """Connections are taken and read; nothing is ever said, a TLS handshake included."""
    stall: bool = False
    """The first half of a reply arrives and the rest waits until the fault is cleared."""
    drip: float = 0.0
    """Seconds for each byte sent."""
    cut_after: int | None = None
    """Close a connection after it has sent so many more bytes, in the middle of a word or not."""
    reset: bool = False
    """Half a reply, then a TCP reset."""
    garbage: bool = False
    """Random bytes in place of replies."""
    endless: bool = False
    """Rows without end, and no `!done`."""
    auth_fail: bool = False
    """Every login is refused, whatever the password."""
    slow_login: float = 0.0
    """Seconds more before a login is answered."""
    busy: float = 0.0
    """Seconds of each request once the router is loaded; `True` means the 20 ms of a CHR."""
    busy_burst: int = 150
    """Requests, over all connections, that take 1 ms each before the router counts as loaded."""
    clock_skew: float = 0.0
    """Seconds by which the router's clock is wrong."""
    duplicate_ids: bool = False
    """Every second row of a `print` shows the id of the row before."""
    max_sessions: int | None = None
    """Sessions a service takes at a time, in place of the number in `/ip/service`."""
    cpu_load: int | None = None
    """Per cent, in place of what the router would show by itself."""
    hide_sensitive: bool = False
    """A `print` shows secrets only if asked with `show-sensitive`, which 7.21 and later know."""
    http_redirect: str = ""
    """REST answers 302 to this URL."""
    swap_certificate: bool = False
    """TLS shows another certificate to new connections."""

    @property
    def is_quiet(self) -> bool:
        """Whether replies go out at once and whole."""
        return not (
            self.latency
            or self.silent
            or self.stall
            or self.drip
            or self.cut_after is not None
            or self.reset
            or self.garbage
        )


_OFF = ("", "0", "no", "off", "false", "none")
_KINDS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "bool": lambda value: value if isinstance(value, bool) else str(value).lower() not in _OFF,
    "int": int,
    "int | None": lambda value: None if value is None else int(value),
    "str": str,
}


class Faults:
    """The faults of one device. Any thread may set them; they hold at once."""

    def __init__(self) -> None:
        self.now = FaultSettings()
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self.cut_set = 0

    def set(self, **changes: Any) -> None:
        """Change the named faults and leave the others; an unknown name is a `ValueError`."""
        typed = {name: _typed(name, value) for name, value in changes.items()}
        with self._lock:
            self.now = replace(self.now, **typed)
            # A new limit counts from here on, also for connections that have sent plenty.
            self.cut_set += "cut_after" in typed
        self._tell()

    def clear(self, *names: str) -> None:
        """Put these faults right again, or all of them."""
        defaults = asdict(FaultSettings())
        self.set(**{name: defaults[name] for name in names or defaults})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self.now)

    def on_change(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called, in whichever thread sets a fault, after each change."""
        self._watchers.append(watcher)

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()


_TYPES = {entry.name: str(entry.type) for entry in fields(FaultSettings)}


def _typed(name: str, value: Any) -> Any:
    if name not in _TYPES:
        raise ValueError(f"no fault is called {name}; there are {', '.join(_TYPES)}")
    if name == "busy" and value is True:
        return 0.02
    return _KINDS[_TYPES[name]](value)


def parse_fault(text: str) -> tuple[str, Any]:
    """Read a command line's `latency=0.04`, or a bare `silent`."""
    name, equals, value = text.partition("=")
    name = name.replace("-", "_")
    if _TYPES.get(name) == "bool":
        return name, _typed(name, value if equals else True)
    if name == "busy" and not equals:
        return name, _typed(name, True)
    return name, _typed(name, value)
