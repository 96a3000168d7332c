"""Payments as lists and exports show them: straight from `values()`.

`detail` says the same of one payment, and more.
"""

from collections.abc import Sequence
from typing import Any

from cloudpilot import money
from cloudpilot.crypto import SealedField
from cloudpilot.tenancy import Role
from payments import phones
from payments.methods import method_of
from payments.models import Payment
from payments.states import CLOSED, OPEN, State, Status, status_of

_PHONE: SealedField = Payment._meta.get_field("phone")

COLUMNS = (
    "id", "public_id", "company_id", "provider", "environment", "state", "reason", "amount",
    "currency", "received", "received_currency", "refunded", "refund_held", "phone",
    "provider_receipt", "router_id", "router_name", "package_id", "package_name", "created_at",
    "updated_at", "settled_at",
)  # fmt: skip


def companies_of(user: Any) -> tuple[list[int], set[int]]:
    """Return the companies that the user is a member of, and those that the user runs.

    Only who runs a company sees its guests' numbers, receipts and codes.
    """
    roles = dict(user.memberships.values_list("company", "role"))
    return list(roles), {key for key, role in roles.items() if Role(role).covers(Role.OPERATOR)}


def shown_page(page: Sequence[dict[str, Any]], run: set[int]) -> list[dict[str, Any]]:
    """Return rows of `values(*COLUMNS)` as the API shows them to who runs `run`, and reads the rest."""
    return [shown(row, in_full=row["company_id"] in run) for row in page]


def shown(row: dict[str, Any], *, in_full: bool) -> dict[str, Any]:
    state, provider, currency = State(row["state"]), row["provider"], row["currency"]
    status, method = status_of(state), method_of(provider)
    moved = row["received_currency"] or currency
    return {
        "id": str(row["public_id"]),
        "status": status,
        "status_display": status.label,
        "state": state,
        "reason": row["reason"],
        "amount": money.to_text(row["amount"], currency),
        "currency": currency,
        "received": money.to_text(row["received"], moved),
        "received_currency": moved,
        "refunded": money.to_text(row["refunded"], moved),
        "refundable": money.to_text(row["received"] - row["refunded"] - row["refund_held"], moved),
        "provider": provider,
        "environment": row["environment"],
        "payment_method": method,
        "payment_method_display": method.label,
        "phone_number": _phone(row, in_full=in_full),
        "provider_receipt": _receipt(row["provider_receipt"], in_full=in_full),
        "router": row["router_id"],
        "router_name": row["router_name"],
        "package": row["package_id"],
        "package_name": row["package_name"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "completed_at": row["settled_at"],
        "is_successful": status == Status.COMPLETED,
        "is_failed": state in CLOSED,
        "is_pending": state in OPEN,
    }


def _phone(row: dict[str, Any], *, in_full: bool) -> str:
    if not row["phone"]:
        return ""
    phone = _PHONE.unseal_for(row["public_id"], row["phone"])
    return phone if in_full else phones.masked(phone)


def _receipt(receipt: str, *, in_full: bool) -> str:
    """Return the provider's receipt; with the phone it opens the purchase on the portal."""
    return receipt if in_full or not receipt else f"•••{receipt[-3:]}"
