"""The tables of this app, a file for each subject."""

from hotspot.models.batch import Batch
from hotspot.models.guest_gateway import GuestGateway
from hotspot.models.guest_user import GuestUser
from hotspot.models.login import Login
from hotspot.models.package import Package
from hotspot.models.voucher import Voucher
from hotspot.models.watch import Watch

__all__ = ["Batch", "GuestGateway", "GuestUser", "Login", "Package", "Voucher", "Watch"]
