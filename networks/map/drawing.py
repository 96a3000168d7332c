"""Draws a map as SVG, the same each time. Pure: knows no Django and no table.

The hub stands in the middle and the others on rings around it, gateways inside. The colours can be
read on white and on black, and say nothing that dashes and words do not say too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from html import escape
from typing import Final


class State(StrEnum):
    """Whether a node or a tunnel is in use, as far as anybody saw."""

    UP = "up"
    SILENT = "silent"  # it was in use once
    NEVER = "never"
    PENDING = "pending"  # waits for approval; of nodes alone


@dataclass(frozen=True, slots=True)
class Dot:
    """A node; `key` is what lines name it by."""

    key: str
    name: str
    address: str
    role: str  # hub | gateway | node
    state: State
    handshake_age: timedelta | None = None
    rx_bytes: int = 0
    tx_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A tunnel between two nodes, with the bytes that were sent each way."""

    a: str
    b: str
    state: State
    handshake_age: timedelta | None = None
    a_to_b: int = 0
    b_to_a: int = 0


_COLOURS = {
    State.UP: "#2f9e63",
    State.SILENT: "#b7791f",
    State.NEVER: "#808792",
    State.PENDING: "#808792",
}
_DASHES = {State.SILENT: "6 4", State.NEVER: "1 4", State.PENDING: "1 4"}
_TEXT: Final = "#767d89"
_FIRST_RING: Final = 130
_BETWEEN_RINGS: Final = 105
_ALONG_RING: Final = 88  # from one node to the next: the room of a name
_MARGIN: Final = 70
_HEAD: Final = 46
_LONGEST_NAME: Final = 14
_RADII = {"hub": 15, "gateway": 11, "node": 8}
_RANK = {"hub": 0, "gateway": 1, "node": 2}


def svg(title: str, dots: Sequence[Dot], lines: Sequence[Line], note: str = "") -> str:
    """Return the picture; lines between nodes that are not among the dots are left out."""
    places = places_of(dots)
    reach = max((max(abs(x), abs(y)) for x, y in places.values()), default=0) + _MARGIN
    width, height = 2 * reach, 2 * reach + _HEAD
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="system-ui, sans-serif" role="img">\n',
            f"<title>{_text(title)}</title>\n",
            f'<text x="12" y="22" font-size="15" fill="{_TEXT}">{_text(title)}</text>\n',
            f'<text x="12" y="40" font-size="11" fill="{_TEXT}">{_text(note)}</text>\n',
            f'<g transform="translate({reach} {reach + _HEAD})">\n',
            *_lines(lines, places),
            *_dots(dots, places),
            "</g>\n</svg>\n",
        ]
    )


def places_of(dots: Sequence[Dot]) -> dict[str, tuple[int, int]]:
    """Return where each node stands, around a middle of 0, 0."""
    ranked = sorted(dots, key=lambda dot: _RANK[dot.role])  # and else as they were given
    has_hub = bool(ranked) and ranked[0].role == "hub"
    places = {ranked[0].key: (0, 0)} if has_hub else {}
    left = ranked[1:] if has_hub else ranked
    ring = 0
    while left:
        radius = _FIRST_RING + ring * _BETWEEN_RINGS
        room = int(2 * math.pi * radius / _ALONG_RING)
        here, left = left[:room], left[room:]
        around = _around(len(here), radius, turned=0.5 + 0.37 * ring)  # so that rings interleave
        places |= dict(zip((dot.key for dot in here), around, strict=True))
        ring += 1
    return places


def _around(count: int, radius: int, turned: float) -> Iterator[tuple[int, int]]:
    """Yield places on a circle, from the top on, turned by so many places."""
    for number in range(count):
        angle = 2 * math.pi * (number + turned) / count - math.pi / 2
        yield round(radius * math.cos(angle)), round(radius * math.sin(angle))


def _lines(lines: Sequence[Line], places: dict[str, tuple[int, int]]) -> Iterator[str]:
    # The fewer there are the plainer they may be: thousands are a haze, and what is up stands out.
    opacity = 0.85 if len(lines) <= 60 else 0.45
    for line in sorted(lines, key=lambda line: line.state is State.UP):
        if line.a in places and line.b in places:
            (x1, y1), (x2, y2) = places[line.a], places[line.b]
            yield (
                f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{_COLOURS[line.state]}" '
                f'stroke-width="{_thickness(line)}" opacity="{opacity}"{_dashes(line.state)}>'
                f"<title>{_text(_words_on_line(line))}</title></line>\n"
            )


def _dots(dots: Sequence[Dot], places: dict[str, tuple[int, int]]) -> Iterator[str]:
    for dot in dots:
        x, y = places[dot.key]
        radius = _RADII[dot.role]
        is_hollow = dot.state in (State.NEVER, State.PENDING)
        colour = _COLOURS[dot.state]
        yield (
            f'<g transform="translate({x} {y})"><title>{_text(_words_on_dot(dot))}</title>'
            f'<circle r="{radius}" fill="{colour}" fill-opacity="{0 if is_hollow else 1}" '
            f'stroke="{colour}" stroke-width="2"{_dashes(dot.state)}/>'
            f'<text y="{radius + 13}" font-size="11" text-anchor="middle" fill="{_TEXT}">'
            f"{_text(_short(dot.name))}</text>"
            f'<text y="{radius + 24}" font-size="9" text-anchor="middle" fill="{_TEXT}">'
            f"{_text(dot.address)}</text></g>\n"
        )


def _dashes(state: State) -> str:
    return f' stroke-dasharray="{_DASHES[state]}"' if state in _DASHES else ""


def _thickness(line: Line) -> float:
    """Grow by the traffic's size, not by the traffic: from one pixel to four."""
    return round(1 + min(math.log10(1 + line.a_to_b + line.b_to_a) / 4, 3), 1)


def _words_on_line(line: Line) -> str:
    sent = f"{_bytes(line.a_to_b)} there, {_bytes(line.b_to_a)} back"
    return f"{line.a} to {line.b}: {line.state}, {_ago(line.handshake_age)}; {sent}"


def _words_on_dot(dot: Dot) -> str:
    traffic = f"received {_bytes(dot.rx_bytes)}, sent {_bytes(dot.tx_bytes)}"
    head = f"{dot.name} ({dot.role}, {dot.key}, {dot.address})"
    return f"{head}: {dot.state}, {_ago(dot.handshake_age)}; {traffic}"


def _ago(age: timedelta | None) -> str:
    if age is None:
        return "no handshake yet"
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"last handshake {seconds // size} {unit} ago"
    return f"last handshake {seconds} s ago"


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if size >= 100 or units[0] == "B" else f"{size:.1f} {units[0]}"


def _short(name: str) -> str:
    """Leave out the middle of a long name: what tells names apart is at their ends."""
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[-half + 1 :]}"


def _text(text: str) -> str:
    """Return text as XML holds it, without the characters that it cannot."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
