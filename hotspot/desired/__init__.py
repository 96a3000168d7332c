"""What the hotspot wants to stand on a router: a module for each sort of rows registers them."""

from hotspot.desired import portal, vouchers

__all__ = ["portal", "vouchers"]
