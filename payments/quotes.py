"""What a payment freezes, however it is paid: what is sold, at which price, and to whom."""

from typing import Any

from hotspot.issuing import terms_of
from hotspot.models import Package
from payments import phones, receipts, terms
from payments.models import Payment


def quoted(package: Package, *, phone: str = "", **columns: Any) -> Payment:
    """Return a payment for a package as it is sold at this moment, not saved, with a new receipt.

    `phone` is E.164; `columns` say how it is paid.
    """
    receipt = receipts.new()
    return Payment(
        company_id=package.company_id,
        router=package.router,
        router_name=package.router.name,
        package=package,
        package_name=package.name,
        terms=terms.to_json(terms_of(package)),
        amount=package.price,
        currency=package.currency,
        receipt=receipt,
        receipt_index=receipts.index(receipt),
        phone=phone or None,
        phone_index=phones.index(phone),
        **columns,
    )
