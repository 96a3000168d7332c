"""Commands that go on: `listen`, `print follow=` and `print interval=`."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from routers.simulator import queries, values
from routers.simulator.commands import Call, Stream, matching, trim
from routers.simulator.errors import invalid_value
from routers.simulator.schema import Row
from routers.simulator.signals import Signal


def follow(
    call: Call, wanted: Sequence[str] | None, interval: str | None, *, from_start: bool
) -> Stream:
    """Give rows as they change, or all of them every `interval`; never ends by itself."""
    if interval is None:
        return _changes(call, wanted, from_start=from_start)
    seconds = values.parse_duration(interval)
    if seconds is None:
        raise invalid_value("interval")
    return _rounds(call, wanted, seconds)


async def _rounds(call: Call, wanted: Sequence[str] | None, seconds: float) -> Stream:
    section = 0
    while True:
        for row in matching(call):
            yield {**trim(row, wanted), ".section": str(section)}
        section += 1
        await call.router.pause(max(seconds, 0.01))


class _Watch:
    """Collects a table's changes while the connection is busy with earlier ones."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._passes = queries.compile_query(call.queries)
        self._seen = {row[".id"] for row in matching(call) if ".id" in row}
        self._changes: deque[Row] = deque()
        self._signal = Signal()

    def __call__(self, id_: str, row: Row | None) -> None:
        if row is None:
            if id_ in self._seen:
                # The wire says `true`; the manual says `yes`.
                self._changes.append({".id": id_, ".dead": "true"})
        elif self._passes(row):
            self._seen.add(id_)
            self._changes.append(row)
        self._signal.fire()

    async def next(self) -> Row:
        while not self._changes:
            # Hotspot time passes unseen until somebody looks: look once a second.
            await self._signal.wait(1)
            self._call.router.settle()
        return self._changes.popleft()


async def _changes(call: Call, wanted: Sequence[str] | None, *, from_start: bool) -> Stream:
    watch = _Watch(call)
    call.table.watchers.add(watch)
    try:
        for row in matching(call) if from_start else ():
            yield trim(row, wanted)
        while True:
            row = await watch.next()
            yield row if ".dead" in row else trim(row, wanted)
    finally:
        call.table.watchers.discard(watch)
