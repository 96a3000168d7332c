"""One connection per router and process, kept between calls, and used by one caller at a time."""

import os
import resource
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Timer
from weakref import WeakSet

from routers.routeros.api import ApiSession
from routers.routeros.breaker import Breaker
from routers.routeros.command import Command, Reply
from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import Busy, Refused, RouterOSError, Unavailable, Unreachable
from routers.routeros.resolve import Resolver, resolve_host
from routers.routeros.rest import RestSession
from routers.routeros.session import Connection, Session
from routers.routeros.stream import Trust, connect

_PING = Command("/system/identity", "print", proplist=("name",))


def half_of_the_files() -> int:
    """Return how many connections a process may keep: half of the files that it may open.

    The other half is for its callers, its database and its log.
    """
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if most == resource.RLIM_INFINITY else most // 2


@dataclass(eq=False)
class _Router:
    """What is remembered of a router between calls; its lock is held for the length of one."""

    breaker: Breaker
    endpoint: Endpoint | None = None
    lock: Lock = field(default_factory=Lock)


@dataclass(eq=False)
class _Line:
    """A connection with its age; it belongs to the pool while idle, and else to one caller."""

    connection: Connection
    endpoint: Endpoint
    opened_at: float
    used_at: float
    is_fresh: bool = True


class Pool:
    """Hands out sessions with routers, and waits for nothing longer than the caller's deadline.

    Calls with one router wait for each other; calls with different routers never do. A router
    allows few sessions and logs each login, so a connection is kept while it is in use at least
    every `longest_idle` seconds, for `longest_life` seconds at most, and `most_idle()` of them.
    """

    def __init__(
        self,
        resolve: Resolver = resolve_host,
        clock: Callable[[], float] = time.monotonic,
        *,
        ping_after: float = 30.0,
        ping_time: float = 5.0,
        longest_idle: float = 120.0,
        longest_life: float = 900.0,
        most_idle: Callable[[], int] = half_of_the_files,
        breaker: Callable[[Callable[[], float]], Breaker] = Breaker,
    ) -> None:
        self._resolve = resolve
        self._clock = clock
        self._ping_after = ping_after
        self._ping_time = ping_time
        self._longest_idle = longest_idle
        self._longest_life = longest_life
        self._most_idle = most_idle
        self._new_breaker = breaker
        self._start()
        _pools.add(self)

    def _start(self) -> None:
        self._guard = Lock()  # of the three below; never held over a wait
        self._routers: dict[Hashable, _Router] = {}
        self._idle: OrderedDict[Hashable, _Line] = OrderedDict()  # the longest idle first
        self._timer: Timer | None = None

    @contextmanager
    def session(
        self,
        key: Hashable,
        endpoint: Endpoint,
        deadline: Deadline,
        trust: Trust | None = None,
        probe: bool = False,
    ) -> Iterator[Session]:
        """Have the router `key` to oneself within the block.

        `trust` is called with the certificate's fingerprint when a router without a pin is met
        over TLS, before any credential is sent. `probe` asks the router even if it failed a
        moment ago, and takes no earlier sign of life for an answer.
        """
        with self._lease(key, endpoint, deadline, trust, probe) as line:
            yield line.connection

    def run(
        self,
        key: Hashable,
        endpoint: Endpoint,
        command: Command,
        deadline: Deadline,
        trust: Trust | None = None,
        ping: bool = True,
    ) -> Reply:
        """Run one command; ask again if the kept connection turns out dead and nothing is risked.

        A command that writes is never sent twice: see `Unavailable.sent`. Without `ping` an old
        connection is used as it is: for a caller who would rather hear that there was no answer
        than pay a round trip more each time.
        """
        line = None
        try:
            with self._lease(key, endpoint, deadline, trust, ping=ping) as line:
                return line.connection.run(command, deadline)
        except Unreachable:
            if line is None or line.is_fresh or not command.reads:
                raise
        with self._lease(key, endpoint, deadline, trust) as line:
            return line.connection.run(command, deadline)

    def forget(self, key: Hashable) -> None:
        """Drop what is known of a router: its connection, once unused, and its failures."""
        with self._guard:
            self._routers.pop(key, None)
            line = self._idle.pop(key, None)
        if line:
            line.connection.close()

    def sweep(self) -> None:
        """Close the connections that nobody has used for too long; runs by itself as well."""
        with self._guard:
            if self._timer:
                self._timer.cancel()
            self._timer = None
            spare = [key for key, line in self._idle.items() if self._is_stale(line)]
            lines = [self._idle.pop(key) for key in spare]
            self._set_timer()
        for line in lines:
            line.connection.close()

    def close(self) -> None:
        """Close every connection, those in use when their callers are done."""
        with self._guard:
            lines = list(self._idle.values())
            self._idle.clear()
            self._routers.clear()
            if self._timer:
                self._timer.cancel()
            self._timer = None
        for line in lines:
            line.connection.close()

    @contextmanager
    def _lease(
        self,
        key: Hashable,
        endpoint: Endpoint,
        deadline: Deadline,
        trust: Trust | None,
        probe: bool = False,
        ping: bool = True,
    ) -> Iterator[_Line]:
        router = self._enter(key, endpoint, deadline, probe)
        try:
            line = self._kept(key, endpoint, deadline, probe, ping)
            if line is None:
                line = self._open(router, endpoint, deadline, trust)
            try:
                yield line
            finally:
                self._return(key, router, line)
        finally:
            router.lock.release()

    def _enter(self, key: Hashable, endpoint: Endpoint, deadline: Deadline, probe: bool) -> _Router:
        """Return the router, locked, if its breaker lets this call through."""
        with self._guard:
            router = self._routers.get(key)
            if router is None:
                router = self._routers[key] = _Router(self._new_breaker(self._clock))
        if not probe and router.endpoint == endpoint:
            router.breaker.check(is_being_tried=router.lock.locked())
        if not router.lock.acquire(timeout=deadline.remaining()):
            raise Busy
        try:
            if router.endpoint != endpoint:
                # Another address or password may succeed where the old one failed.
                router.endpoint = endpoint
                router.breaker.succeeded()
            if not probe:
                router.breaker.check()  # the caller before may have opened it
            if deadline.expired:
                raise Busy  # and not the router's fault
        except RouterOSError:
            router.lock.release()
            raise
        return router

    def _kept(
        self, key: Hashable, endpoint: Endpoint, deadline: Deadline, probe: bool, ping: bool
    ) -> _Line | None:
        """Return the router's connection if there is one and it can be relied on."""
        with self._guard:
            line = self._idle.pop(key, None)
        if line is None:
            return None
        line.is_fresh = False
        is_same = line.endpoint == endpoint
        if not is_same or self._is_stale(line) or not line.connection.is_ready():
            line.connection.close()
            return None
        is_old = self._clock() - line.used_at > self._ping_after
        if probe or (ping and is_old):
            return line if self._answers(line, deadline) else None
        return line

    def _answers(self, line: _Line, deadline: Deadline) -> bool:
        # Half of the time at most, so that a dead connection leaves enough for a new one.
        share = deadline.within(min(self._ping_time, deadline.remaining() / 2))
        try:
            line.connection.run(_PING, share)
        except Refused:
            return True  # it may not read its name, but it is there
        except Unavailable:
            return False
        return True

    def _open(
        self, router: _Router, endpoint: Endpoint, deadline: Deadline, trust: Trust | None
    ) -> _Line:
        try:
            addresses = self._resolve(endpoint, deadline)
            stream = connect(endpoint, addresses, deadline, trust)
            kind = RestSession if endpoint.transport.is_rest else ApiSession
            connection = kind(stream)
            try:
                connection.log_in(endpoint, deadline)
            except BaseException:
                connection.close()
                raise
        except Unavailable as error:
            error.sent = False  # the login may have been; no command was
            router.breaker.failed(error)
            raise
        now = self._clock()
        return _Line(connection, endpoint, opened_at=now, used_at=now)

    def _return(self, key: Hashable, router: _Router, line: _Line) -> None:
        """Keep the connection if the next caller can rely on it, and learn from how it went."""
        failure = line.connection.failure
        if line.connection.is_intact:
            router.breaker.succeeded()
        elif failure and (line.is_fresh or not isinstance(failure, Unreachable)):
            # That a kept connection was dead says nothing yet about the router.
            router.breaker.failed(failure)

        line.used_at = self._clock()
        spare: list[_Line] = []
        with self._guard:
            if line.connection.is_intact and self._routers.get(key) is router:
                self._idle[key] = line
                if len(self._idle) > self._most_idle():
                    spare.append(self._idle.popitem(last=False)[1])
                self._set_timer()
            else:
                spare.append(line)
        for unwanted in spare:
            unwanted.connection.close()

    def _is_stale(self, line: _Line) -> bool:
        now = self._clock()
        return now - line.used_at > self._longest_idle or now - line.opened_at > self._longest_life

    def _set_timer(self) -> None:
        if self._idle and self._timer is None:
            self._timer = Timer(self._longest_idle, self.sweep)
            self._timer.daemon = True
            self._timer.start()

    def _after_fork(self) -> None:
        # Locks may have been held, and the connections are the parent's.
        lines = list(self._idle.values())
        self._start()
        for line in lines:
            line.connection.close()


_pools: "WeakSet[Pool]" = WeakSet()


def _disinherit() -> None:
    for pool in list(_pools):
        pool._after_fork()


os.register_at_fork(after_in_child=_disinherit)
