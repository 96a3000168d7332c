"""Keep one company's slow routers from taking all of a web process's threads."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition

from django.conf import settings

from routers.errors import RouterUnreachable, TooManySlowRouters
from routers.models import Router
from routers.routeros import errors


@dataclass(eq=False)
class _Call:
    started: float
    is_to_quick_one: bool


class Bulkhead:
    """Gives each company so many `places` for calls that may take long.

    A call needs a place unless its router answered within `patience` seconds the last time that
    this process asked it, in the last `memory` seconds. While all places are taken, it waits for as
    long as it takes to see that those who have them are slow, and is refused then.

    What was quick and no longer is takes a place as soon as that shows, be it one too many: all
    that a company can have beyond its places are routers that fall silent at the same time.
    """

    def __init__(
        self,
        places: int,
        *,
        patience: float = 1.0,
        memory: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._patience = patience
        self._memory = memory
        self._clock = clock
        self._changed = Condition()  # guards the two below
        self._calls: defaultdict[int, set[_Call]] = defaultdict(set)  # by company
        self._quick_until: dict[int, float] = {}  # by router

    @contextmanager
    def waiting_for(self, router: Router) -> Iterator[None]:
        """Talk to the router within the block. Raises `TooManySlowRouters`."""
        call = self._enter(router)
        has_answered = True
        try:
            yield
        except (errors.Unavailable, RouterUnreachable):
            has_answered = False
            raise
        finally:
            self._leave(router, call, has_answered)

    def _enter(self, router: Router) -> _Call:
        with self._changed:
            is_quick = self._quick_until.get(router.pk, 0.0) > self._clock()
            if not is_quick:
                self._wait_for_place(router.company_id)
            call = _Call(self._clock(), is_quick)
            self._calls[router.company_id].add(call)
        return call

    def _wait_for_place(self, company: int) -> None:
        until = self._clock() + self._patience
        while True:
            calls = self._calls[company]
            slow = sum(map(self._is_slow, calls))
            taken = sum(self._is_slow(call) or not call.is_to_quick_one for call in calls)
            if taken < self._places:
                return
            left = until - self._clock()
            if slow >= self._places or left <= 0:
                raise TooManySlowRouters
            self._changed.wait(left)

    def _leave(self, router: Router, call: _Call, has_answered: bool) -> None:
        with self._changed:
            calls = self._calls[router.company_id]
            calls.discard(call)
            if not calls:
                del self._calls[router.company_id]
            if has_answered and not self._is_slow(call):
                self._quick_until[router.pk] = self._clock() + self._memory
            else:
                self._quick_until.pop(router.pk, None)
            self._changed.notify_all()

    def _is_slow(self, call: _Call) -> bool:
        return self._clock() - call.started > self._patience


web_threads = Bulkhead(settings.WEB_THREADS // 4)
