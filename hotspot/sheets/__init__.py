"""Vouchers on paper and in a spreadsheet: `pdf` and `csv` of plain cards, knowing no model."""

from hotspot.sheets.cards import Card, Sheet
from hotspot.sheets.pdf import draw as pdf
from hotspot.sheets.table import write as csv

__all__ = ["Card", "Sheet", "csv", "pdf"]
