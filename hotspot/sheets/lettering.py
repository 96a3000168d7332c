"""Text of any script as outlines, shaped as its readers write it.

PDF's own fonts know Western letters only, and a library that draws character by character
breaks Arabic and the scripts of India. HarfBuzz shapes the text with the Noto fonts, and what
comes out is filled paths: nothing to embed, and no empty box where a font lacks a letter.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

import manimgx_fonts
import manimgx_fonts_cjk
import uharfbuzz as harfbuzz

_BOLD: Final = 700
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


@dataclass(frozen=True)
class Lettering:
    """PDF path operators, with 1 for the font's size, that begin at (0, 0)."""

    width: float
    operators: str


@dataclass(frozen=True, eq=False)
class _Font:
    font: harfbuzz.Font
    characters: frozenset[int]
    scale: float


@lru_cache(maxsize=64)
def outline(text: str) -> Lettering:
    """Return `text` in bold outlines; a character that no font has leaves no trace."""
    pen = _Pen()
    for font, direction, run in _runs(text):
        _shape(pen, font, direction, run)
    return Lettering(pen.at, "\n".join(pen.operators))


def _shape(pen: "_Pen", font: _Font, direction: str, text: str) -> None:
    buffer = harfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    harfbuzz.shape(font.font, buffer)
    pen.scale = font.scale
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        pen.shift = (position.x_offset * font.scale, position.y_offset * font.scale)
        font.font.draw_glyph_with_pen(info.codepoint, pen)
        pen.at += position.x_advance * font.scale


def _runs(text: str) -> list[tuple[_Font, str, str]]:
    """Return the parts of `text` from left to right, each of one font and one direction."""
    lettered = _with_fonts(text)
    directions = _directions("".join(character for character, _ in lettered))
    marked = [
        (font, direction, character)
        for (character, font), direction in zip(lettered, directions, strict=True)
    ]
    runs = [
        (font, direction, "".join(character for *_, character in run))
        for (font, direction), run in groupby(marked, key=lambda mark: mark[:2])
    ]
    return runs if _base_direction(text) == "ltr" else _from_right_to_left(runs)


def _from_right_to_left(runs: list[tuple[_Font, str, str]]) -> list[tuple[_Font, str, str]]:
    """Turn the order round, but not within a stretch of left-to-right runs."""
    stretches = [list(stretch) for _, stretch in groupby(runs, key=lambda run: run[1])]
    return [
        run
        for stretch in reversed(stretches)
        for run in (stretch if stretch[0][1] == "ltr" else reversed(stretch))
    ]


def _with_fonts(text: str) -> list[tuple[str, _Font]]:
    """Pair each character with a font that has it, staying with one font while it does."""
    pairs: list[tuple[str, _Font]] = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        last = pairs[-1][1] if pairs else None
        if last and (ord(character) in last.characters or character in _JOINERS):
            pairs.append((character, last))
        elif font := _font_of(character):
            pairs.append((character, font))
    return pairs


# The heart of the Unicode bidirectional algorithm (UAX #9), without its explicit embeddings:
# what has no direction of its own goes with its neighbours where they agree, else with the line.


def _directions(text: str) -> list[str]:
    own = [_own_direction(character) for character in text]
    base = _base_direction(text)
    before = base
    resolved = []
    for place, direction in enumerate(own):
        if not direction:
            after = next(filter(None, own[place:]), base)
            direction = before if before == after else base
        resolved.append(direction)
        before = direction
    return resolved


def _own_direction(character: str) -> str:
    kind = unicodedata.bidirectional(character)
    if kind in {"R", "AL"}:
        return "rtl"
    return "ltr" if kind in {"L", "EN", "AN"} else ""


def _base_direction(text: str) -> str:
    kinds = (unicodedata.bidirectional(character) for character in text)
    return (
        "rtl" if next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L" else "ltr"
    )


@cache
def _fonts() -> tuple[_Font, ...]:
    """Return Noto Sans first, which settles most text, and the 33 MB of East Asia last."""
    folder = Path(manimgx_fonts.__file__).parent
    scripts = sorted(folder.glob("NotoSans[A-Z]*.ttf"))
    eastern = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
    return tuple(
        map(
            _load,
            (folder / "NotoSans[wght].ttf", *scripts, folder / "NotoEmoji[wght].ttf", eastern),
        )
    )


def _load(path: Path) -> _Font:
    face = harfbuzz.Face(harfbuzz.Blob.from_file_path(str(path)))
    font = harfbuzz.Font(face)
    font.set_variations({"wght": _BOLD})
    return _Font(font, frozenset(face.unicodes), 1 / face.upem)


@cache
def _font_of(character: str) -> _Font | None:
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return None
    return next((font for font in _fonts() if ord(character) in font.characters), None)


class _Pen:
    """Writes HarfBuzz's outlines as PDF path operators."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self.at = 0.0
        self.shift = (0.0, 0.0)
        self.scale = 1.0
        self._last = (0.0, 0.0)

    def _point(self, point: tuple[float, float]) -> str:
        x = point[0] * self.scale + self.shift[0] + self.at
        y = point[1] * self.scale + self.shift[1]
        return f"{x:.4f} {y:.4f}"

    # The names are what `draw_glyph_with_pen` calls.

    def moveTo(self, point: tuple[float, float]) -> None:
        self.operators.append(f"{self._point(point)} m")
        self._last = point

    def lineTo(self, point: tuple[float, float]) -> None:
        self.operators.append(f"{self._point(point)} l")
        self._last = point

    def curveTo(self, *points: tuple[float, float]) -> None:
        self.operators.append(f"{' '.join(map(self._point, points))} c")
        self._last = points[-1]

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:
        """PDF has cubic curves only; each quadratic one is one of them."""
        self.curveTo(_two_thirds(self._last, control), _two_thirds(end, control), end)

    def closePath(self) -> None:
        self.operators.append("h")

    def endPath(self) -> None:
        pass


def _two_thirds(start: tuple[float, float], to: tuple[float, float]) -> tuple[float, float]:
    return start[0] + (to[0] - start[0]) * 2 / 3, start[1] + (to[1] - start[1]) * 2 / 3
