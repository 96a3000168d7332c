"""`print`, `get`, `find` and `listen`: which rows, and how they are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from routers.simulator import queries, values
from routers.simulator.commands import Call, Reply, Stream, generic
from routers.simulator.errors import MISSING, Refused, invalid_value, no_such_item
from routers.simulator.schema import Row
from routers.simulator.signals import Signal

# Absent in 7.20.8, there in 7.21.1.
SHOW_SENSITIVE_SINCE = (7, 21)
# Arguments that change how a terminal shows rows; over the API they change nothing.
_SHOW_ONLY = (
    "detail",
    "stats",
    "bytes",
    "packets",
    "rate",
    "terse",
    "brief",
    "value-list",
    "without-paging",
    "show-ids",
    "as-value",
    "from",
)


@generic("print", "read")
@generic("getall", "read")
def print_(call: Call) -> Reply | Stream:
    if call.table.menu.singleton and call.has("detail"):
        raise Refused("unknown parameter detail", MISSING)
    wanted, secrets = _proplist(call), _sees_secrets(call)
    count_only = call.has("count-only")
    changes, only = call.has("follow"), call.has("follow-only")
    interval = call.args.pop("interval", None)
    chosen = call.args.pop(".id", None)
    for name in _SHOW_ONLY:
        call.args.pop(name, None)
    call.finish_arguments()
    if changes or only or interval is not None:
        return follow(call, wanted, interval, from_start=not only)
    rows = matching(call, chosen, secrets=secrets)
    if count_only:
        return Reply(ret=str(sum(1 for _ in rows)))
    shown = [trim(row, wanted) for row in rows]
    if call.router.faults.now.duplicate_ids:
        shown = _with_duplicate_ids(shown)
    return Reply(shown, may_be_empty=True)


def _with_duplicate_ids(rows: Sequence[Row]) -> list[Row]:
    """Give every second row the id of the one before."""
    return [
        {**row, ".id": rows[number - number % 2][".id"]} if ".id" in row else row
        for number, row in enumerate(rows)
    ]


def _sees_secrets(call: Call) -> bool:
    asked = call.router.version_number >= SHOW_SENSITIVE_SINCE and call.has("show-sensitive")
    return call.router.shows_secrets(call.session, asked=asked)


def matching(
    call: Call, chosen: str | None = None, *, secrets: bool | None = None
) -> Iterator[Row]:
    """Yield the rows that the query words let through, with all their fields."""
    passes = queries.compile_query(call.queries)
    table = call.table
    if secrets is None:
        secrets = call.router.shows_secrets(call.session)
    ids = table.find_all(chosen) if chosen else list(table.rows)
    for id_ in ids:
        row = table.show(id_, sensitive=secrets)
        if passes(row):
            yield row


def _proplist(call: Call) -> list[str] | None:
    text = call.args.pop(".proplist", None) or call.args.pop("proplist", None)
    return text.split(",") if text else None


def trim(row: Row, wanted: Sequence[str] | None) -> Row:
    if wanted is None:
        return row
    return {name: row[name] for name in wanted if name in row}


@generic("get", "read")
def get(call: Call) -> Reply:
    name = call.args.pop("value-name", None)
    targets = call.targets()
    if not targets:
        raise no_such_item("")
    call.finish_arguments()
    row = call.table.show(targets[0], sensitive=call.router.shows_secrets(call.session))
    if name is None:
        return Reply(ret=";".join(f"{key}={value}" for key, value in row.items()))
    if not call.table.knows(name) and name != ".id":
        raise Refused(f"unknown value name {name}", MISSING)
    return Reply(ret=row.get(name, ""))


@generic("find", "read")
def find(call: Call) -> Reply:
    return Reply(ret=";".join(row[".id"] for row in matching(call)))


@generic("listen", "read")
def listen(call: Call) -> Stream:
    return follow(call, _proplist(call), None, from_start=False)


# Rows as they change ---------------------------------------------------------


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
