"""The guest's receipt: what opens a payment on the portal, typed or kept in a page's address."""

from cloudpilot import crypto
from hotspot import codes

BITS = 128


def new() -> str:
    """Return a receipt that nobody guesses, in characters that nobody misreads."""
    return codes.new_codes(1, bits=BITS)[0]


def index(receipt: str) -> str:
    """Return the keyed digest under which a receipt is found, however it was typed."""
    return crypto.digest(codes.normalise(receipt), "payment-receipt")
