"""Many routers in one thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TypeVar

from routers.simulator.device import SERVICES, Device
from routers.simulator.router import BOARDS, Identity
from routers.simulator.tls import Certificate
from routers.simulator.tunnels import Ether

T = TypeVar("T")


class Simulator:
    """Routers that answer on loopback sockets while it runs, in a daemon thread of its own.

    `ports` gives each service's first port; the second router takes the next one, and so on.
    Port 0, the default, lets the system choose. Without `certificate` the TLS services are
    those of a router that has none: anonymous Diffie-Hellman. One certificate serves them all.
    """

    def __init__(
        self,
        count: int = 1,
        *,
        username: str = "admin",
        password: str = "admin",  # noqa: S107 - the default of a simulated device
        version: str = "7.16.2",
        services: Sequence[str] = ("api",),
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        board: str = "hEX",
        certificate: bool = True,
    ) -> None:
        if unknown := set(services) - set(SERVICES):
            raise ValueError(f"no service is called {', '.join(sorted(unknown))}")
        own, other = Certificate("router") if certificate else None, Certificate("impostor")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.devices = [
            Device(
                Identity(number, username, password, version, BOARDS[board]),
                host=host,
                ports={name: _nth((ports or {}).get(name, 0), number) for name in services},
                certificate=own,
                other_certificate=other,
                in_loop=self._in_loop,
            )
            for number in range(count)
        ]
        ether = Ether()  # so that their tunnels meet
        for device in self.devices:
            device.router.ether = ether

    def start(self) -> Simulator:
        """Return once every router listens. An address in use is an `OSError`, here."""
        if self._loop is not None:
            return self
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
        thread.start()
        self._loop, self._thread = loop, thread
        try:
            self._in_loop(self._open)
        except OSError:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close every socket and end the thread; a second call does nothing."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = self._thread = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _open(self) -> None:
        assert self._loop is not None
        for device in self.devices:
            device.open(self._loop)

    async def _close(self) -> None:
        for device in self.devices:
            await device.close()
        # Transports give their sockets back in the loop's next rounds.
        for _ in range(3):
            await asyncio.sleep(0)

    def _in_loop(self, act: Callable[[], T]) -> T:
        """Run `act` where all of the routers' state is touched."""
        if self._loop is None or threading.current_thread() is self._thread:
            return act()

        async def acting() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(acting(), self._loop).result()


def _nth(port: int, number: int) -> int:
    return port + number if port else 0
