"""Finding a purchase again by what a guest still has, and keeping those from it who guess."""

from hmac import compare_digest

from cloudpilot.limits import failures_spent
from hotspot import codes
from payments import phones
from payments.errors import PurchaseNotFound
from payments.models import Payment
from routers.models import RouterKey

SHORTEST = 4  # characters of a receipt's end
_LATEST = 20  # of one phone's purchases at one router


def find(key: RouterKey, *, phone: str, receipt: str, device: str, network: str) -> Payment:
    """Return what was bought with `phone` at the key's router and has that receipt.

    The receipt is ours, its end or the whole of it, or the one that the guest's provider sent.
    Raises `PurchaseNotFound`, in the same words whatever is wrong; and `TooManyRequests` after
    too many of those.
    """
    subjects = {
        "wrong_receipts_per_phone": phone,
        "wrong_receipts_per_device": f"{key.router_id} {device}" if device else "",
        "wrong_receipts_per_router_key": str(key.pk),
        "wrong_receipts_per_address": network,
    }
    with failures_spent({limit: subject for limit, subject in subjects.items() if subject}):
        rows = Payment.objects.filter(router=key.router_id, phone_index=phones.index(phone))
        latest = rows.select_related("voucher").order_by("-pk")[:_LATEST]
        found = next((row for row in latest if _is_of(row, receipt)), None)
        if found is None:
            raise PurchaseNotFound("No purchase goes by this phone number and receipt.")
    return found


def _is_of(payment: Payment, typed: str) -> bool:
    theirs = "".join(filter(str.isalnum, typed)).upper()
    if payment.provider_receipt and _same(payment.provider_receipt.upper(), theirs):
        return True
    end = codes.normalise(typed)
    return len(end) >= SHORTEST and _same(payment.receipt[-len(end) :], end)


def _same(left: str, right: str) -> bool:
    return compare_digest(left.encode(), right.encode())
