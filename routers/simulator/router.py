"""One router's state: its tables, clock, log and sessions. Knows nothing of sockets.

All of it is touched by one thread only, the one that runs the simulator's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from routers.simulator import values
from routers.simulator.clock import Clock, format_moment
from routers.simulator.errors import NoSuchMenu
from routers.simulator.faults import Faults
from routers.simulator.menus import MENUS
from routers.simulator.schema import Row
from routers.simulator.signals import Signal
from routers.simulator.tables import Table


@dataclass(frozen=True, slots=True)
class Board:
    name: str
    architecture: str
    model: str = ""
    cpu: str = "MIPS 1004Kc V2.15"
    cpu_count: int = 4
    memory: int = 268435456
    storage: int = 16777216

    @property
    def is_virtual(self) -> bool:
        return not self.model


BOARDS = {
    "hEX": Board("hEX", "mmips", model="RB750Gr3"),
    "hAP ac^2": Board("hAP ac^2", "arm", model="RBD52G-5HacD2HnD", cpu="ARMv7"),
    "CHR": Board("CHR", "x86_64", cpu="QEMU", cpu_count=1, storage=134217728),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes one router of a fleet differ from the next."""

    number: int = 0
    username: str = "admin"
    password: str = "admin"  # noqa: S105 - the default of a simulated device
    version: str = "7.16.2"
    board: Board = field(default_factory=lambda: BOARDS["hEX"])
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def serial(self) -> str:
        return f"HF1{self.number:08X}"

    def mac(self, port: int) -> str:
        tail = (self.number * 16 + port) & 0xFFFFFF
        return ":".join(
            ("48", "A9", "8A", *(f"{tail >> shift & 0xFF:02X}" for shift in (16, 8, 0)))
        )


class Router:
    def __init__(self, identity: Identity, faults: Faults) -> None:
        self.identity = identity
        self.faults = faults
        self.version_number = values.parse_version(identity.version)
        self.clock = Clock()
        self.clock_pushed = Signal()
        self.on_restart: list[Callable[[], None]] = []
        self._tables: dict[str, Table] = {}

    # Tables ---------------------------------------------------------------------------------

    def has_menu(self, path: str) -> bool:
        menu = MENUS.get(path)
        return menu is not None and menu.exists(self)

    def table(self, path: str) -> Table:
        """Return the table at `path`; it is made, with its built-in rows, when first asked for."""
        if path not in self._tables:
            if not self.has_menu(path):
                raise NoSuchMenu(path.rpartition("/")[2])
            table = self._tables[path] = Table(MENUS[path], self)
            table.fill()
        return self._tables[path]

    def rows(self, path: str) -> list[Row]:
        return list(self.table(path).shown())

    # Time -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now(self.faults.now.clock_skew)

    def moment(self) -> str:
        return format_moment(self.now(), self.version_number)

    def log(self, topics: str, message: str) -> None:
        table = self.table("/log")
        table.keep({"time": self.moment(), "topics": topics, "message": message})
        while len(table.rows) > 1000:  # the memory action keeps 1,000 lines
            table.drop(next(iter(table.rows)))

    def settle(self) -> None:
        """Bring about what time has brought about since the last look."""

    async def pause(self, seconds: float) -> None:
        """Wait so long by the router's own clock, which tests push forward."""
        until = self.clock.seconds() + seconds
        while (left := until - self.clock.seconds()) > 0:
            await self.clock_pushed.wait(left)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.settle()
        self.clock_pushed.fire()

    def session_limit(self, service: str) -> int:
        return 20  # the default of /ip/service max-sessions

    # Whole-device acts ----------------------------------------------------------------------

    def reboot(self) -> None:
        self.clock.restart()
        for restarted in self.on_restart:
            restarted()

    def factory_reset(self) -> None:
        self._tables.clear()
        self.reboot()
