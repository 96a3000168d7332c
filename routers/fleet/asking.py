"""Ask many routers how they are, so that those that say nothing hold up nobody else."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import islice
from threading import Lock
from typing import TypeVar

from django.db import connection
from django.utils import timezone

from cloudpilot.errors import DomainError
from cloudpilot.text import storable
from routers import connections
from routers.models import Router
from routers.routeros import Command, Deadline, Reply, errors

log = logging.getLogger("cloudpilot.routers")

_FACTS = ("uptime", "version", "board-name", "cpu-load", "free-memory", "total-memory")
_RESOURCE = Command("/system/resource", "print", proplist=_FACTS)
_MOST_BYTES = 1 << 50  # and a day's sum of them fits its column

_FULL_PATIENCE = 5.0
_BATCH = 200
# Seconds from one router to the next: other threads of this process want to run as well.
_PACE = 0.002

Found = TypeVar("Found")


class Outcome(Enum):
    ANSWERED = auto()
    LATE = auto()  # not heard in the usual time; not yet a miss
    MISSED = auto()
    NO_NEWS = auto()  # not asked: it was being talked to


@dataclass(frozen=True)
class Facts:
    """What a router says of itself; empty and None where it does not."""

    uptime: str = ""
    version: str = ""
    board_name: str = ""
    cpu_load: int | None = None
    free_memory: int | None = None
    total_memory: int | None = None


@dataclass(frozen=True)
class Finding:
    """What became of asking one router, which is given as it was when it was asked."""

    router: Router
    asked_at: datetime
    heard_at: datetime
    outcome: Outcome
    reason: str = ""
    facts: Facts = Facts()

    @property
    def is_silence(self) -> bool:
        """Whether no more is known than that nothing was heard."""
        return self.reason in {"timeout", "unreachable"}


class Patience:
    """How long to wait for each router: several times as long as it took of late."""

    def __init__(
        self, *, times: float = 3.0, least: float = 0.25, most: float = 2.0, unknown: float = 1.0
    ) -> None:
        self._times = times
        self._least = least
        self._most = most
        self._unknown = unknown
        self._usual: dict[int, float] = {}

    def with_router(self, pk: int) -> float:
        """Return the seconds to wait for a router."""
        if pk not in self._usual:
            return self._unknown
        return min(max(self._times * self._usual[pk], self._least), self._most)

    def took(self, pk: int, seconds: float) -> None:
        """Learn how long an answer took; one slow answer is remembered for a while."""
        self._usual[pk] = max(seconds, 0.9 * self._usual.get(pk, 0.0))


_patience = Patience()


class Turns:
    """Lets threads through one by one, at least `gap` seconds apart."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap
        time.sleep(turn - now)


def ask_briefly(router: Router) -> Finding:
    """Ask over the kept connection, and wait little longer than the router usually takes."""
    asked_at, start = timezone.now(), time.monotonic()
    deadline = Deadline(_patience.with_router(router.pk))
    finding = _ask(router, asked_at, lambda: connections.ask(router, _RESOURCE, deadline))
    if finding.outcome is Outcome.ANSWERED:
        _patience.took(router.pk, time.monotonic() - start)
    elif finding.is_silence:
        return Finding(router, asked_at, finding.heard_at, Outcome.LATE, finding.reason)
    return finding


def ask_patiently(router: Router) -> Finding:
    """Ask now, over a new connection if need be, even if the router failed a moment ago."""
    deadline = Deadline(_FULL_PATIENCE)
    return _ask(router, timezone.now(), lambda: connections.probe(router, _RESOURCE, deadline))


def ask_all(
    routers: Iterable[Router], ask: Callable[[Router], Found], places: int
) -> Iterator[list[Found]]:
    """Ask `places` routers at a time; yield findings in batches, in the order of their coming.

    While the caller deals with a batch the asking goes on.
    """
    turns = Turns(_PACE)

    def ask_in_turn(router: Router) -> Found:
        turns.wait()
        return ask(router)

    with ThreadPoolExecutor(places, thread_name_prefix="fleet") as pool:
        futures = [pool.submit(ask_in_turn, router) for router in routers]
        findings = (future.result() for future in as_completed(futures))
        while batch := list(islice(findings, _BATCH)):
            yield batch


def _ask(router: Router, asked_at: datetime, call: Callable[[], Reply]) -> Finding:
    outcome, reason, facts = Outcome.ANSWERED, "", Facts()
    try:
        reply = call()
        facts = _facts(reply.rows[0]) if reply.rows else facts
    except errors.Refused:
        pass  # it may not read this, but it is there
    except errors.Busy:
        outcome = Outcome.NO_NEWS
    except errors.Unavailable as exc:
        outcome, reason = Outcome.MISSED, exc.reason
    except DomainError as exc:  # our own refusal: of its address, or to open its password
        outcome, reason = Outcome.MISSED, exc.code
    except Exception:
        log.exception("router %s could not be asked", router.pk)
        outcome = Outcome.NO_NEWS
    finally:
        connection.close()  # of this thread: the first contact over TLS writes
    return Finding(router, asked_at, timezone.now(), outcome, reason, facts)


def _facts(row: dict[str, str]) -> Facts:
    return Facts(
        uptime=storable(row.get("uptime", ""), 30),
        version=storable(row.get("version", ""), 50),
        board_name=storable(row.get("board-name", ""), 100),
        cpu_load=_number(row.get("cpu-load", ""), 100),
        free_memory=_number(row.get("free-memory", ""), _MOST_BYTES),
        total_memory=_number(row.get("total-memory", ""), _MOST_BYTES),
    )


def _number(value: str, most: int) -> int | None:
    """Read a number that the column can hold; None for whatever else a router says."""
    if not (value.isascii() and value.isdigit() and len(value) <= 19):
        return None
    return int(value) if int(value) <= most else None
