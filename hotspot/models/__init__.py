"""The tables of this app, a file for each subject."""

from hotspot.models.batch import Batch
from hotspot.models.login import Login
from hotspot.models.package import Package
from hotspot.models.voucher import Voucher
from hotspot.models.watch import Watch

__all__ = ["Batch", "Login", "Package", "Voucher", "Watch"]
