"""What our charges are called at the providers. A name tells its payment, even if it tells no row."""

import re
from uuid import UUID

from payments.models import Payment

_OURS = re.compile(r"([0-9a-f]{32})-[0-9]{1,5}")


def of_attempt(payment: Payment, number: int) -> str:
    """Return how the payment's attempt of that number is called: the same name after a crash."""
    return f"{payment.public_id.hex}-{number}"


def public_id_in(reference: str) -> UUID | None:
    """Return the public id of the payment that a charge of this name is for, None if not ours."""
    found = _OURS.fullmatch(reference)
    return UUID(found[1]) if found else None
