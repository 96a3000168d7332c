"""One router's state: its tables, clock, log and sessions. Knows nothing of sockets.

All of it is touched by one thread only, the one that runs the simulator's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from routers.simulator import values
from routers.simulator.agenda import Agenda
from routers.simulator.clock import Clock, format_moment
from routers.simulator.errors import NoSuchMenu
from routers.simulator.faults import Faults
from routers.simulator.hotspot import Hotspot
from routers.simulator.menus import MENUS
from routers.simulator.reachability import Packet, Verdict, WayIn, judge
from routers.simulator.schema import Row
from routers.simulator.signals import Signal
from routers.simulator.tables import Table
from routers.simulator.tunnels import Ether
from routers.simulator.web import Web, no_web

if TYPE_CHECKING:
    from routers.simulator.commands import Session

_LOST_ON_REBOOT = frozenset(
    {"/log", "/user/active", "/ppp/active", "/system/script/job", "/system/script/environment"}
)


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
        self.identity: Identity = identity
        self.faults = faults
        self.version_number = values.parse_version(identity.version)
        self.clock = Clock()
        self.clock_pushed = Signal()
        self.on_restart: list[Callable[[], None]] = []
        self.power_off: Callable[[], None] = self.reboot
        self.end_session: Callable[[str], None] = lambda id_: self.table("/user/active").drop(id_)
        self.hotspot = Hotspot(self)
        self.web: Web = no_web
        self._tables: dict[str, Table] = {}
        self.agenda = Agenda(self)
        self.way_in = WayIn()
        self.ether = Ether()  # of its own, until it is put among others
        self.public_address = ""  # where others call it; empty behind NAT
        self.is_on = True
        self.on_reach_change: Callable[[], None] = lambda: None
        # None: nobody has changed what decides, and the first configuration lets us in.
        self._verdicts: dict[Packet, Verdict] | None = None

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

    def loaded(self, path: str) -> Table | None:
        """Return the table at `path` if anybody has asked for it yet."""
        return self._tables.get(path)

    def renamed(self, path: str, old: str, new: str) -> None:
        for table in list(self._tables.values()):
            table.rename(path, old, new)
        if path == "/interface" and old == self.way_in.interface:
            self.way_in.interface = new
        if path == "/interface" and old == self.way_in.tunnel:
            self.way_in.tunnel = new

    def is_named(self, path: str, name: str) -> bool:
        """Whether any row points at the row of this name in the menu at `path`."""
        tables = self._tables.values()
        return any(True for table in tables for _ in table.pointers(path, name))

    # What is shown --------------------------------------------------------------------------

    def shows_secrets(self, session: Session, *, asked: bool = False) -> bool:
        """Whether this session sees secrets; `asked` is whether it said `show-sensitive`."""
        return session.may("sensitive") and (asked or not self.faults.now.hide_sensitive)

    # Who is heard ---------------------------------------------------------------------------

    def verdict(self, packet: Packet) -> Verdict:
        """Say what becomes of what somebody who manages this router sends."""
        if self._verdicts is None:
            return Verdict.OPEN
        if packet not in self._verdicts:
            self._verdicts[packet] = judge(self, self.way_in, packet)
        return self._verdicts[packet]

    def reconsider(self) -> None:
        """Judge anew: something has changed that may cut a connection, or let it go on."""
        self._verdicts = {}
        self.on_reach_change()

    # Time -----------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now(self.faults.now.clock_skew)

    def moment(self) -> str:
        return format_moment(self.now(), self.version_number)

    def log(self, topics: str, message: str, at: float | None = None) -> None:
        table = self.table("/log")
        seconds = self.clock.seconds() if at is None else at
        # A clock that is set right later does not put old lines right.
        made = {"_at": str(seconds), "_skew": str(self.faults.now.clock_skew)}
        table.keep({**made, "topics": topics, "message": message})
        while len(table.rows) > 1000:  # the memory action keeps 1,000 lines
            table.drop(next(iter(table.rows)))

    def settle(self) -> None:
        """Bring about what time has brought about since the last look."""
        self.hotspot.settle()
        self.expire("/ip/firewall/address-list")
        self.agenda.run_due()

    def expire(self, path: str) -> None:
        """Drop the rows whose time is up."""
        table = self.loaded(path)
        if table is None or not table.expiring:
            return
        now = self.clock.seconds()
        for id_ in [id_ for id_, until in table.expiring.items() if until <= now]:
            table.drop(id_)

    async def pause(self, seconds: float) -> None:
        """Wait so long by the router's own clock, which tests push forward."""
        until = self.clock.seconds() + seconds
        while (left := until - self.clock.seconds()) > 0:
            await self.clock_pushed.wait(left)

    def advance(self, seconds: float) -> None:
        """Let so much time pass; what falls due on the way happens at its own time."""
        end = self.clock.seconds() + seconds
        while (due := self.agenda.next_due) <= end:
            self._advance_to(due)
        self._advance_to(end)
        self.clock_pushed.fire()

    def _advance_to(self, moment: float) -> None:
        self.clock.advance(max(0.0, moment - self.clock.seconds()))
        self.settle()

    def session_limit(self, service: str) -> int:
        """Return how many sessions `/ip/service` lets a service have; 20 before 7.16 could say."""
        name = {"rest": "www", "rest-ssl": "www-ssl"}.get(service, service)
        services = self.table("/ip/service")
        for id_ in services.where(name=name):
            return int(services.rows[id_].get("max-sessions", "20"))
        return 20

    # Whole-device acts ----------------------------------------------------------------------

    def reboot(self) -> None:
        """Lose what a reboot loses: sessions, hosts, dynamic rows and the log in memory."""
        self.hotspot.forget_all()
        for path, table in list(self._tables.items()):
            if path in _LOST_ON_REBOOT:
                _empty(table, table.rows)
            elif path == "/ip/firewall/address-list":
                _empty(table, table.where(dynamic="true"))
        self.clock.restart()
        self.agenda.forget_paused()
        self.agenda.plan_startup()
        for restarted in self.on_restart:
            restarted()
        self.log("system,info", "router rebooted")

    def factory_reset(self) -> None:
        """Go back to the first configuration, which is the one the simulator made."""
        self.hotspot = Hotspot(self)
        self._tables.clear()
        self.public_address = ""
        self.way_in = WayIn()
        self.ether.forget(self)
        self.reconsider()
        self.reboot()


def _empty(table: Table, ids: Iterable[str]) -> None:
    for id_ in list(ids):
        table.drop(id_)
