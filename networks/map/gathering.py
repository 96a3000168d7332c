from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from networks.map.drawing import Dot, Line, State
from networks.models import Link, Network
from networks.onboarding.steps import HANDSHAKE_GOOD_FOR

# More lines than anybody reads; a mesh of a hundred nodes has as many.
MOST_LINES: Final = 5000
_COLUMNS = (
    "mac_address", "name", "address", "is_hub", "is_pending", "gateway__pk",
    "last_handshake_at", "rx_bytes", "tx_bytes",
)  # fmt: skip


@dataclass(frozen=True)
class Map:
    """A network's nodes, and the tunnels that its nodes told of; the liveliest, if too many."""

    network: Network
    at: datetime
    dots: list[Dot]
    lines: list[Line]
    lines_left_out: int


def map_of(network: Network) -> Map:
    """Read the map of a network, in three queries, however many nodes it has."""
    now = timezone.now()
    dots = [_dot(row, now) for row in network.nodes.order_by("pk").values(*_COLUMNS)]
    ends = Link.objects.filter(network=network)
    newest = ends.order_by(F("last_handshake_at").desc(nulls_last=True), "a", "b")
    rows = list(
        newest.values(
            "a__mac_address", "b__mac_address", "last_handshake_at", "rx_bytes", "tx_bytes"
        )[: 2 * MOST_LINES]
    )
    lines = _lines(rows, now)
    left_out = max(len(lines) - MOST_LINES, 0)
    if len(rows) == 2 * MOST_LINES:
        left_out += (ends.count() - len(rows) + 1) // 2
    return Map(network, now, dots, lines[:MOST_LINES], left_out)


def _dot(row: Mapping[str, Any], now: datetime) -> Dot:
    heard = row["last_handshake_at"]
    role = "hub" if row["is_hub"] else "gateway" if row["gateway__pk"] else "node"
    state = State.PENDING if row["is_pending"] else _state(heard, now)
    return Dot(
        row["mac_address"],
        row["name"],
        row["address"],
        role,
        state,
        _age(heard, now),
        row["rx_bytes"],
        row["tx_bytes"],
    )


def _lines(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[Line]:
    """Put together what the two ends told of each tunnel: the newer, and the more."""
    found: dict[tuple[str, str], tuple[datetime | None, int, int]] = {}
    for row in rows:
        a, b = row["a__mac_address"], row["b__mac_address"]
        heard, there, back = row["last_handshake_at"], row["tx_bytes"], row["rx_bytes"]
        if a > b:
            a, b, there, back = b, a, back, there
        known, more, less = found.get((a, b), (None, 0, 0))
        newest = max(filter(None, (known, heard)), default=None)
        found[a, b] = newest, max(there, more), max(back, less)
    return [
        Line(a, b, _state(heard, now), _age(heard, now), there, back)
        for (a, b), (heard, there, back) in found.items()
    ]


def _state(heard: datetime | None, now: datetime) -> State:
    if heard is None:
        return State.NEVER
    return State.UP if heard > now - HANDSHAKE_GOOD_FOR else State.SILENT


def _age(heard: datetime | None, now: datetime) -> timedelta | None:
    return now - heard if heard else None
