"""A simulated router on the network: its listeners, its connections, and the back door."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from routers.simulator import acts, reading, writing  # noqa: F401 - these register the commands
from routers.simulator.api_service import ApiConnection
from routers.simulator.clock import NEVER
from routers.simulator.commands import Session
from routers.simulator.faults import Faults
from routers.simulator.guests import Guests, Runner
from routers.simulator.menus.users import POLICIES
from routers.simulator.outbox import Line, Outbox, Workload
from routers.simulator.reachability import Packet, Verdict, WayIn
from routers.simulator.rest_service import RestConnection
from routers.simulator.router import Identity, Router
from routers.simulator.schema import Row
from routers.simulator.signals import Signal
from routers.simulator.tls import Certificate, anonymous_context

SERVICES = ("api", "api-ssl", "rest", "rest-ssl")


class Connection(Protocol):
    active: str | None  # its row in /user/active

    async def serve(self) -> None: ...
    def abort(self) -> None: ...


@dataclass(slots=True)
class _Served:
    service: str
    sock: socket.socket
    packet: Packet  # what the firewall sees of the other end
    connection: Connection | None = None


class Device:
    """One router. Every public method may be called from any thread."""

    def __init__(
        self,
        identity: Identity,
        *,
        host: str,
        ports: Mapping[str, int],
        certificate: Certificate | None,
        other_certificate: Certificate,
        in_loop: Runner,
    ) -> None:
        self.identity = identity
        self.faults = Faults()
        self.router = Router(identity, self.faults)
        self.guests = Guests(self.router, in_loop)
        self.sentences: deque[list[str]] = deque(maxlen=10_000)
        self.logins = 0
        self.line_changed = Signal()
        self.workload = Workload(self.faults)
        self._host = host
        self._ports = dict(ports)
        self._certificate = certificate
        self._other_certificate = other_certificate
        self._in_loop = in_loop
        self._listeners: dict[str, socket.socket] = {}
        self._serving: dict[asyncio.Task[None], _Served] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.faults.on_change(self._tell_loop)
        self.router.on_restart.append(self._drop)
        self.router.power_off = self._switch_off
        self.router.end_session = self._end_session
        self.router.agenda.on_change = self._set_alarm
        self.router.on_reach_change = self.line_changed.fire
        self._alarm: asyncio.TimerHandle | None = None

    # For tests, tools and demonstrations ----------------------------------------------------

    def port(self, service: str) -> int:
        return self._ports[service]

    @property
    def ports(self) -> dict[str, int]:
        return dict(self._ports)

    @property
    def host(self) -> str:
        return self._host

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER certificate that the TLS services show, lower-case hex.

        Empty if the router has none.
        """
        return self._certificate.fingerprint if self._certificate else ""

    @property
    def connections(self) -> int:
        return len(self._serving)

    def rows(self, path: str) -> list[Row]:
        """Return what a `print` by an all-powerful user would show now."""

        def act() -> list[Row]:
            self.router.settle()
            return self.router.rows(path)

        return self._in_loop(act)

    def add(self, path: str, row: Mapping[str, str]) -> str:
        """Add a row as if by hand, with fields that no client may set too; return its id."""
        return self._in_loop(lambda: self.router.table(path).by_hand(row))

    def set(self, path: str, reference: str, changes: Mapping[str, str]) -> None:
        """Change the row with this id or name."""

        def act() -> None:
            table = self.router.table(path)
            table.edit_by_hand(table.find(reference) if reference else "", changes)

        self._in_loop(act)

    def remove(self, path: str, reference: str) -> None:
        def act() -> None:
            table = self.router.table(path)
            table.remove(table.find(reference))

        self._in_loop(act)

    def run_script(self, source: str) -> list[str]:
        """Run a script with all rights, as at the console; return what it puts out."""
        session = Session(self.identity.username, "full", frozenset(POLICIES), via="console")
        return self._in_loop(lambda: self.router.agenda.run(source, session))

    def be_at(self, public_address: str) -> None:
        """Say at which address other routers call this one; empty puts it behind NAT."""
        self._in_loop(lambda: setattr(self.router, "public_address", public_address))

    def manage_through(
        self,
        *,
        interface: str = "",
        address: str = "",
        peer: str = "",
        tunnel: str = "",
        source: str = "",
    ) -> None:
        """Say which way management connections come, so that they end when that way does.

        An interface by its name, an address as in `/ip/address`, a WireGuard peer by its public
        key, a tunnel by its interface: it is there while one of its peers is. `source` is where
        rules see them come from. See `reachability`.
        """

        def act() -> None:
            self.router.way_in = WayIn(interface, address, peer, tunnel, source)
            self.router.reconsider()

        self._in_loop(act)

    def advance(self, seconds: float) -> None:
        """Let so much time pass on the router's own clock."""
        self._in_loop(lambda: self.router.advance(seconds))

    def reboot(self) -> None:
        """Drop everything that a reboot drops; the services are back at once."""
        self._in_loop(self.router.reboot)

    def factory_reset(self) -> None:
        """Go back to the state, users included, that the simulator made."""
        self._in_loop(self.router.factory_reset)

    def drop_connections(self) -> None:
        self._in_loop(self._drop)

    def switch_off(self) -> None:
        """Close the listeners and every connection; `switch_on` takes the same ports again."""
        self._in_loop(self._switch_off)

    def switch_on(self) -> None:
        self._in_loop(self._switch_on)

    # In the loop ----------------------------------------------------------------------------

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._switch_on()
        self._set_alarm()

    async def close(self) -> None:
        tasks = list(self._serving)
        self._switch_off()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._loop = None
        self._set_alarm()

    def _switch_on(self) -> None:
        if self._loop is None:
            return
        self.router.is_on = True
        for service, port in self._ports.items():
            if service in self._listeners:
                continue
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listener = socket.create_server((self._host, port), family=family, backlog=256)
            listener.setblocking(False)
            self._ports[service] = listener.getsockname()[1]
            self._listeners[service] = listener
            self._listen(listener, service)

    def _switch_off(self) -> None:
        self.router.is_on = False
        self.router.ether.notice_all()
        for listener in self._listeners.values():
            if self._loop is not None:
                self._loop.remove_reader(listener)
            listener.close()
        self._listeners.clear()
        self._drop()

    def _drop(self) -> None:
        for task, served in list(self._serving.items()):
            if served.connection is not None:
                served.connection.abort()
            task.cancel()

    def _end_session(self, active: str) -> None:
        """Throw out the connection behind a row of `/user/active`."""
        for served in self._serving.values():
            if served.connection is not None and served.connection.active == active:
                served.connection.abort()
        table = self.router.table("/user/active")
        if active in table.rows:
            table.drop(active)

    def _set_alarm(self) -> None:
        """Wake when the router has something to do, though nobody looks."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self.router.agenda.next_due
        if self._loop is not None and due != NEVER:
            left = max(0.0, due - self.router.clock.seconds())
            self._alarm = self._loop.call_later(left, self._ring)

    def _ring(self) -> None:
        self.router.settle()
        self._set_alarm()  # again, had the two clocks run apart

    def _tell_loop(self) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closed in the meantime
                loop.call_soon_threadsafe(self.line_changed.fire)

    def _listen(self, listener: socket.socket, service: str) -> None:
        if self._loop is not None and listener.fileno() != -1:
            self._loop.add_reader(listener, self._accept, listener, service)

    def _accept(self, listener: socket.socket, service: str) -> None:
        assert self._loop is not None
        try:
            sock, peer = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # gone before it was taken
        except OSError as error:
            # Out of descriptors: let some close first, as any busy server does.
            self._loop.call_exception_handler({"message": "accept failed", "exception": error})
            self._loop.remove_reader(listener)
            self._loop.call_later(0.1, self._listen, listener, service)
            return
        source = self.router.way_in.source or peer[0]
        served = _Served(service, sock, Packet(service, source, is_new=True))
        if self.faults.now.refuse or self._is_full(service) or self._is_turned_away(served):
            _reset(sock)
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._serve(served, peer[0]))
        self._serving[task] = served
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # A task that is cancelled before its first step never saw its socket.
        self._serving.pop(task).sock.close()
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler(
                {"message": "a simulated connection failed", "exception": error, "task": task}
            )

    def _is_full(self, service: str) -> bool:
        """Past the limit a connection is closed at once; what real routers do is not written."""
        limit = self.faults.now.max_sessions
        if limit is None:
            limit = self.router.session_limit(service)
        # One whose first packet never got through takes no room.
        taken = (
            one for one in self._serving.values() if not (one.packet.is_new and self._is_lost(one))
        )
        return sum(served.service == service for served in taken) >= limit

    def _is_turned_away(self, served: _Served) -> bool:
        return self.router.verdict(served.packet) is Verdict.RESET

    def _is_lost(self, served: _Served) -> bool:
        return self.router.verdict(served.packet) in (Verdict.UNHEARD, Verdict.GONE)

    async def _until_heard(self, served: _Served) -> None:
        """Wait while the router does not hear the other end; `ConnectionResetError` if it minds."""
        while self._is_lost(served):
            await self.line_changed.wait()
        if self._is_turned_away(served):
            if served.connection is not None:
                served.connection.abort()
            else:
                _linger_no_more(served.sock)
            raise ConnectionResetError

    async def _serve(self, served: _Served, address: str) -> None:
        try:
            await self._until_heard(served)
            served.packet = replace(served.packet, is_new=False)
            await self._wait_for_line(served.service)
            reader, writer = await self._open_stream(served)
        except (OSError, ssl.SSLError):
            return
        line = Line(
            reader,
            Outbox(writer, self.faults, self.line_changed, lambda: self._is_gone(served)),
            until_heard=lambda: self._until_heard(served),
        )
        served.connection = self._connection(served.service, line, address)
        try:
            await served.connection.serve()
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _wait_for_line(self, service: str) -> None:
        """Take the time of a handshake: one round trip for TCP, one more for TLS 1.3."""
        latency = self.faults.now.latency
        if latency:
            await asyncio.sleep(latency * (2 if service.endswith("-ssl") else 1))
        while self.faults.now.silent and service.endswith("-ssl"):
            await self.line_changed.wait()

    async def _open_stream(
        self, served: _Served
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        context = self._tls_context() if served.service.endswith("-ssl") else None
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, served.sock, ssl=context
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    def _tls_context(self) -> ssl.SSLContext:
        if self.faults.now.swap_certificate:
            return self._other_certificate.context
        return self._certificate.context if self._certificate else anonymous_context()

    def _is_gone(self, served: _Served) -> bool:
        return self.router.verdict(served.packet) is Verdict.GONE

    def _connection(self, service: str, line: Line, address: str) -> Connection:
        if service in ("rest", "rest-ssl"):
            return RestConnection(self, line, address)
        return ApiConnection(self, line, address, service)


def _linger_no_more(sock: socket.socket) -> None:
    """Have `sock` end by a reset when it is closed."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _reset(sock: socket.socket) -> None:
    _linger_no_more(sock)
    sock.close()
