"""A connection's line: what delays replies, where they go wrong, and what is not heard.

Replies leave in order, each at its own due time, so those of pipelined commands overlap as
they do on a real line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable

from routers.simulator.faults import Faults
from routers.simulator.signals import Signal

# Endless replies run at some 16 MB/s: enough to drown a client, and not the other routers of
# the same process.
ENDLESS_PAUSE = 0.001


def endless(piece: bytes) -> bytes:
    """Repeat a piece of a reply until it is worth a segment or two."""
    return piece * (1 + 16384 // len(piece))


class Workload:
    """A whole device's ceiling: fast until it has answered a burst, then a flat crawl.

    Measured by a third party on a CHR 7.23.2: about 1 ms a request for the first 120 to 220
    over all connections, then 20 ms each, and full recovery when idle.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._free_at = 0.0
        self._answered = 0

    def reserve(self, now: float) -> float:
        """Take the next slot, and return the seconds until its reply is ready."""
        fault = self._faults.now
        if not fault.busy:
            return 0.0
        if now - self._free_at > 1:
            self._answered = 0
        self._answered += 1
        cost = fault.busy if self._answered > fault.busy_burst else 0.001
        self._free_at = max(now, self._free_at) + cost
        return self._free_at - now


class Outbox:
    def __init__(
        self,
        writer: asyncio.StreamWriter,
        faults: Faults,
        line_changed: Signal,
        is_cut: Callable[[], bool],
    ) -> None:
        self._writer = writer
        # Asked for now: a TLS transport that has been closed does not know it any more.
        self._sock = writer.get_extra_info("socket")
        self._faults = faults
        self._line_changed = line_changed
        self._is_cut = is_cut
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes, bool]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._sent = 0
        self._cut_seen = faults.cut_set
        # Lenient to clients that send a window of commands before they read.
        writer.transport.set_write_buffer_limits(high=4 * 1024 * 1024)

    def send(self, data: bytes, *, after: float = 0.0, fragile: bool = True) -> None:
        """Send `data` when its time has come, `after` seconds on top of the line's latency.

        `fragile` data is what `stall` and `reset` break; logins are not, so that a client can
        get as far as the command that fails.
        """
        if self._pump is None and not after and self._faults.now.is_quiet and not self._is_cut():
            self._write(data)
            return
        due = self._loop.time() + self._faults.now.latency + after
        if self._queue:
            due = max(due, self._queue[-1][0])
        self._queue.append((due, data, fragile))
        if self._pump is None:
            self._pump = self._loop.create_task(self._deliver_all())

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was sent."""
        await self._writer.drain()

    async def finish(self) -> None:
        """Wait until everything is on its way, unless a fault holds it back for good."""
        fault = self._faults.now
        if self._pump is not None and not (fault.silent or fault.stall or self._is_cut()):
            await self._pump

    def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self._writer.close()

    def abort(self) -> None:
        """End the connection with a TCP reset."""
        if self._pump is not None and self._pump is not asyncio.current_task():
            self._pump.cancel()
        if self._sock.fileno() != -1:
            with contextlib.suppress(OSError):  # the peer was faster
                linger = struct.pack("ii", 1, 0)
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()

    # ----------------------------------------------------------------------------------------

    async def _deliver_all(self) -> None:
        try:
            while self._queue:
                due, data, fragile = self._queue[0]
                if (wait := due - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                await self._deliver(data, fragile=fragile)
                self._queue.popleft()
        except ConnectionError:
            self._queue.clear()
        finally:
            self._pump = None

    async def _deliver(self, data: bytes, *, fragile: bool) -> None:
        while self._faults.now.silent or self._is_cut():
            await self._line_changed.wait()
        if self._faults.now.garbage:
            data = os.urandom(len(data))
        half = len(data) // 2
        if fragile and self._faults.now.reset:
            self._write(data[:half])
            self.abort()
            raise ConnectionResetError
        if fragile and self._faults.now.stall:
            await self._trickle(data[:half])
            while self._faults.now.stall:
                await self._line_changed.wait()
            data = data[half:]
        await self._trickle(data)

    async def _trickle(self, data: bytes) -> None:
        data, cut = self._cut(data)
        if self._faults.now.drip:
            for byte in data:
                self._write(bytes((byte,)))
                await asyncio.sleep(self._faults.now.drip)
                if self._writer.is_closing():
                    raise ConnectionResetError
        else:
            self._write(data)
            await self._writer.drain()
        if cut:
            self._writer.close()
            raise ConnectionAbortedError

    def _cut(self, data: bytes) -> tuple[bytes, bool]:
        limit = self._faults.now.cut_after
        if self._cut_seen != self._faults.cut_set:
            self._cut_seen, self._sent = self._faults.cut_set, 0
        if limit is None:
            return data, False
        return data[: max(0, limit - self._sent)], self._sent + len(data) >= limit

    def _write(self, data: bytes) -> None:
        self._sent += len(data)
        if not self._writer.is_closing():
            self._writer.write(data)


class Line:
    """One connection's two directions."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        outbox: Outbox,
        *,
        until_heard: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._until_heard = until_heard
        self.outbox = outbox

    async def read(self) -> bytes:
        """Return what has come in, once the router hears it; nothing at the end."""
        data = await self._reader.read(65536)
        await self._until_heard()
        return data
