"""What providers that send prompts to M-Pesa phones have in common."""

import re
from collections.abc import Mapping

from payments.gateways import reading
from payments.gateways.base import ChargeRequest

_BY_CODE = {
    "1": "insufficient_funds",
    "17": "limit_reached",
    "26": "provider_busy",
    "1001": "phone_busy",  # another prompt is open on it
    "1019": "no_answer",
    "1025": "prompt_not_sent",
    "9999": "prompt_not_sent",
    "1031": "cancelled",
    "1032": "cancelled",
    "1037": "no_answer",
    "2001": "wrong_pin",
}
# In this order: what comes first is the more telling.
_BY_WORDS = (
    ("insufficient", "insufficient_funds"),
    ("balance", "insufficient_funds"),
    ("cancel", "cancelled"),
    ("wrong pin", "wrong_pin"),
    ("initiator information", "wrong_pin"),  # how Safaricom says it
    ("lock subscriber", "phone_busy"),
    ("limit", "limit_reached"),
    ("timeout", "no_answer"),
    ("timed out", "no_answer"),
    ("no response", "no_answer"),
    ("reached", "no_answer"),
    ("expired", "no_answer"),
    ("phone", "phone_not_supported"),
)


def reason(code: object, words: object) -> str:
    """Return in our words why a prompt came to nothing: by M-Pesa's code, or by what is said."""
    if known := _BY_CODE.get(reading.text(code)):
        return known
    said = words.casefold() if isinstance(words, str) else ""
    return next((ours for theirs, ours in _BY_WORDS if theirs in said), "refused")


def problems(request: ChargeRequest, *, whole_shillings: bool = False) -> Mapping[str, str]:
    """Return why no prompt for this could be sent: sentences by field."""
    found = {}
    if not re.fullmatch(r"\+254[17][0-9]{8}", request.phone):
        found["phone"] = "M-Pesa needs a Kenyan mobile number."
    if request.currency != "KES":
        found["currency"] = "M-Pesa takes Kenyan shillings alone."
    elif request.amount < 100:
        found["amount"] = "M-Pesa takes 1 shilling at least."
    elif request.amount > 25_000_000:
        found["amount"] = "M-Pesa takes 250,000 shillings at most."
    elif whole_shillings and request.amount % 100:
        found["amount"] = "This provider takes whole shillings alone."
    return found
