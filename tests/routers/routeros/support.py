import time
from collections.abc import Iterator
from contextlib import contextmanager

from routers.routeros import Command, Deadline, Endpoint, Transport
from routers.simulator import Device

TRANSPORTS = ("api", "api-ssl", "rest", "rest-ssl")
IDENTITY = Command("/system/identity", "print", proplist=("name",))
USERS = Command("/ip/hotspot/user", "print", proplist=("name", "comment"))


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def soon() -> Deadline:
    """Return a deadline that only a hanging test meets."""
    return Deadline(20)


def add_user(name: str, **attributes: str) -> Command:
    return Command("/ip/hotspot/user", "add", {"name": name, **attributes})


def endpoint_of(
    device: Device, transport: str = "api", *, password: str = "admin", pin: str | None = None
) -> Endpoint:
    """Return the way to a simulated router, whose certificate is known unless `pin` is another."""
    return Endpoint(
        "127.0.0.1",
        device.port(transport),
        "admin",
        password,
        Transport(transport),
        device.fingerprint if pin is None else pin,
    )


def endpoint_at(port: int, transport: str = "api") -> Endpoint:
    """Return the way to one of the scripted servers."""
    return Endpoint("127.0.0.1", port, "admin", "admin", Transport(transport))


# What a shared machine may add on its own. Whoever misses a deadline here waits without end.
NOISE = 4.0


@contextmanager
def answered_within(seconds: float) -> Iterator[Deadline]:
    """Fail unless the block is over by its deadline, as near as a busy machine can tell."""
    start = time.monotonic()
    yield Deadline(seconds)
    assert time.monotonic() - start < seconds + NOISE
