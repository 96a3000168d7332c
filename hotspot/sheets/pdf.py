"""The cards as a PDF of A4 pages, to print and cut.

What is alike on many cards is drawn once and repeated by reference. A card of its own adds its
code and its QR code only.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Final
from urllib.parse import quote

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from hotspot import codes
from hotspot.sheets import lettering
from hotspot.sheets.cards import Card, Sheet
from hotspot.sheets.qr import Symbols

# It would write each page as text, for mail systems of the last century, a quarter larger.
rl_config.useA85 = 0

_MARGIN: Final = 10 * mm
# A card is laid out at this size, and scaled to the columns that are asked for.
_WIDTH, _HEIGHT = 64 * mm, 39 * mm
_PAD: Final = 3 * mm
_BAND: Final = 8 * mm
_SYMBOL: Final = 26 * mm
_QUIET_MODULES: Final = 4  # the empty frame that scanners need
_DARK: Final = re.compile("1+")
_GREY: Final = Color(0.45, 0.45, 0.45)

_TEXT_FONT: Final = "Helvetica"
_STRONG_FONT: Final = "Helvetica-Bold"
_CODE_FONT: Final = "Courier-Bold"


def draw(sheet: Sheet, cards: Iterable[Card]) -> bytes:
    """Return the PDF of `cards`, from left to right and top to bottom."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(f"{sheet.company}: vouchers")
    _Drawing(canvas, sheet).draw(list(cards))
    canvas.save()
    return out.getvalue()


class _Drawing:
    def __init__(self, canvas: Canvas, sheet: Sheet) -> None:
        self._canvas = canvas
        self._sheet = sheet
        self._symbols = Symbols(sheet.link_prefix())
        page_width, self._page_height = A4
        self._scale = (page_width - 2 * _MARGIN) / sheet.columns / _WIDTH
        self._rows = int((self._page_height - 2 * _MARGIN) / (_HEIGHT * self._scale))
        self._front = cache(self._draw_front)
        self._numbers = count()

    def draw(self, cards: list[Card]) -> None:
        in_page = self._rows * self._sheet.columns
        for start in range(0, max(1, len(cards)), in_page):
            self._draw_page(cards[start : start + in_page])
            self._canvas.showPage()

    def _draw_page(self, cards: list[Card]) -> None:
        for place, card in enumerate(cards):
            row, column = divmod(place, self._sheet.columns)
            self._canvas.saveState()
            self._canvas.translate(
                _MARGIN + column * _WIDTH * self._scale,
                self._page_height - _MARGIN - (row + 1) * _HEIGHT * self._scale,
            )
            self._canvas.scale(self._scale, self._scale)
            self._draw_card(card)
            self._canvas.restoreState()
        self._draw_cut_lines()

    def _draw_card(self, card: Card) -> None:
        # A front is drawn in the middle of a page at its first card, which PDF allows.
        self._canvas.doForm(self._front(replace(card, code="")))
        room = _WIDTH - 2 * _PAD
        if self._sheet.login_url:
            room -= _SYMBOL - _PAD
            self._draw_symbol(card.code)
        _write(self._canvas, codes.grouped(card.code), _PAD, 5 * mm, 13, room, font=_CODE_FONT)

    def _draw_symbol(self, code: str) -> None:
        rows = self._symbols.rows(quote(code, safe=""))
        width = len(rows)
        module = _SYMBOL / (width + 2 * _QUIET_MODULES)
        left = _WIDTH - _SYMBOL + _QUIET_MODULES * module
        top = (_HEIGHT - _BAND + _SYMBOL) / 2 - _QUIET_MODULES * module
        # Literally: a thousand symbols are a third of a million rectangles.
        squares = " ".join(
            f"{run.start()} {-y} {run.end() - run.start()} 1 re"
            for y, row in enumerate(rows, start=1)
            for run in _DARK.finditer(row)
        )
        self._canvas.addLiteral(
            f"q 0 g {module:.4f} 0 0 {module:.4f} {left:.4f} {top:.4f} cm {squares} f Q"
        )

    def _draw_front(self, card: Card) -> str:
        """Draw what the cards of a package share, and return its name."""
        canvas, name = self._canvas, f"front{next(self._numbers)}"
        canvas.beginForm(name, 0, 0, _WIDTH, _HEIGHT)
        self._draw_band()
        room = _WIDTH - 2 * _PAD
        if self._sheet.login_url:
            room -= _SYMBOL - _PAD
        below = _HEIGHT - _BAND
        _write(canvas, card.package, _PAD, below - 5 * mm, 9, room, font=_STRONG_FONT)
        _write(canvas, card.price_in_words(), _PAD, below - 10 * mm, 12, room, font=_STRONG_FONT)
        for line, promise in enumerate(card.promises()):
            _write(canvas, promise, _PAD, below - (14 + line * 3.2) * mm, 7, room, colour=_GREY)
        _write(canvas, self._sheet.login_url, _PAD, 1.7 * mm, 5.5, room, colour=_GREY)
        canvas.endForm()
        return name

    def _draw_band(self) -> None:
        colour = HexColor(self._sheet.colour)
        self._canvas.setFillColor(colour)
        self._canvas.rect(0, _HEIGHT - _BAND, _WIDTH, _BAND, stroke=0, fill=1)
        _write(
            self._canvas,
            self._sheet.company,
            _PAD,
            _HEIGHT - _BAND + 2.7 * mm,
            10.5,
            _WIDTH - 2 * _PAD,
            font=_STRONG_FONT,
            colour=_readable_on(colour),
        )

    def _draw_cut_lines(self) -> None:
        """Draw them over the whole page, so that a ruler or a guillotine finds them."""
        canvas = self._canvas
        page_width, page_height = A4
        canvas.setLineWidth(0.3)
        canvas.setStrokeColor(_GREY)
        canvas.setDash(2, 2)
        for column in range(self._sheet.columns + 1):
            x = _MARGIN + column * _WIDTH * self._scale
            canvas.line(x, 0, x, page_height)
        for row in range(self._rows + 1):
            y = page_height - _MARGIN - row * _HEIGHT * self._scale
            canvas.line(0, y, page_width, y)


def _write(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    size: float,
    room: float,
    *,
    font: str = _TEXT_FONT,
    colour: Color = black,
) -> None:
    """Write `text` on one line from (x, y), smaller where it would not fit into `room`."""
    if not text:
        return
    canvas.setFillColor(colour)
    if _is_western(text):
        size *= min(1, room / stringWidth(text, font, size))
        canvas.setFont(font, size)
        canvas.drawString(x, y, text)
        return
    letters = lettering.outline(text)
    size *= min(1, room / (letters.width * size or room))
    canvas.addLiteral(f"q {size:.4f} 0 0 {size:.4f} {x:.4f} {y:.4f} cm {letters.operators} f Q")


def _is_western(text: str) -> bool:
    """Say whether PDF's own fonts have every character of `text`."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def _readable_on(colour: Color) -> Color:
    """Return black or white, whichever stands out more (WCAG's relative luminance)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, (colour.red, colour.green, colour.blue))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return black if luminance > 0.179 else white
