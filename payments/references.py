"""What our charges are called at the providers. A name tells its payment, even if it tells no row."""

import re
from typing import Any
from uuid import UUID

from payments.models import Attempt, Payment

_OURS = re.compile(r"([0-9a-f]{32})-[0-9]{1,5}")


def of_attempt(payment: Payment, number: int) -> str:
    """Return how the payment's attempt of that number is called: the same name after a crash."""
    return f"{payment.public_id.hex}-{number}"


def public_id_in(reference: str) -> UUID | None:
    """Return the public id of the payment that a charge of this name is for, None if not ours."""
    found = _OURS.fullmatch(reference)
    return UUID(found[1]) if found else None


def payment_of(
    credentials: int, *, reference: str, provider_ref: str, receipt: str
) -> Payment | None:
    """Return which of an account's payments a charge is for, by any of its names; "" is none.

    Our own name comes first: it tells the payment even if the attempt is lost.
    """
    public_id = public_id_in(reference)
    attempts = Attempt.objects.filter(reference=reference)
    ways: list[tuple[object, dict[str, Any]]] = [
        (reference, {"pk__in": attempts.values("payment")}),
        (public_id, {"public_id": public_id}),
        (provider_ref, {"provider_ref": provider_ref}),
        (receipt, {"provider_receipt": receipt}),
    ]
    ours = Payment.objects.filter(credentials=credentials)
    # One after the other: with an OR no database would use an index for each.
    for name, lookup in ways:
        if name and (found := ours.filter(**lookup).first()):
            return found
    return None
