"""What providers that charge cards have in common."""

import re
from collections.abc import Mapping

from payments.gateways.base import ChargeRequest

# In this order: what comes first is the more telling.
_BY_WORDS = (
    ("insufficient", "insufficient_funds"),
    ("expired", "card_expired"),
    ("bad_filled_date", "card_expired"),
    ("security_code", "card_details_wrong"),
    ("cvc", "card_details_wrong"),
    ("bad_filled", "card_details_wrong"),
    ("invalid_number", "card_details_wrong"),
    ("call_for_authorize", "call_your_bank"),
    ("contact", "call_your_bank"),
    ("disabled", "card_disabled"),
    ("stolen", "high_risk"),
    ("lost", "high_risk"),
    ("risk", "high_risk"),
    ("suspicious", "high_risk"),
    ("fraud", "high_risk"),
    ("blacklist", "high_risk"),
    ("duplicated", "duplicated"),
    ("max_attempts", "limit_reached"),
    ("limit", "limit_reached"),
    ("token", "card_token_invalid"),
)


def reason(words: str) -> str:
    """Return in our words why a card was refused."""
    return next((ours for theirs, ours in _BY_WORDS if theirs in words.casefold()), "card_declined")


def problems(request: ChargeRequest) -> Mapping[str, str]:
    """Return why no card could be charged for this: sentences by field."""
    found: dict[str, str] = {}
    if not re.fullmatch(r"[!-~]{1,255}", request.card_token):
        found |= {"card_token": "Send the token that the provider's own form makes of a card."}
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,189}", request.email):
        found["email"] = "An e-mail address is needed to pay by card."
    if request.currency != "MXN":
        found["currency"] = "This provider takes Mexican pesos alone."
    elif request.amount < 1:
        found["amount"] = "There is nothing to pay."
    return found
