"""Conekta in Mexico: cards, by tokens that its own form makes of them."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from payments.gateways import cards, reading
from payments.gateways.base import (
    Account,
    Asked,
    Charge,
    ChargeRequest,
    Delivery,
    Environment,
    Event,
    Field,
    Means,
    Outcome,
    Refund,
    RefundOutcome,
    RefundRequest,
    Topic,
)
from payments.gateways.errors import Absent, BadSignature, BadWebhook, Unknown
from payments.gateways.http import Answer, Deadline, refusal
from payments.gateways.provider import Provider, found, taken, unanswered, unverified
from payments.gateways.reading import dig, text

_HOST = "https://api.conekta.io"
_HEADERS = {"Accept": "application/vnd.conekta-v2.3.0+json", "Accept-Language": "en"}
_PAGE = 50
_MOST_PAGES = 200
_CLOCKS_APART = timedelta(minutes=10)
_STATUSES = {
    "paid": Outcome.SUCCEEDED,
    "partially_refunded": Outcome.SUCCEEDED,
    "declined": Outcome.FAILED,
    "expired": Outcome.FAILED,
    "canceled": Outcome.FAILED,
    "voided": Outcome.FAILED,
    "refunded": Outcome.REFUNDED,
    "charged_back": Outcome.DISPUTED,
}
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----[^-]{1,4000}-----END PUBLIC KEY-----")
_ENTER_PEM = "Enter the public keys of your webhooks, as PEM: RSA of 2,048 bits or more."


class Conekta(Provider):
    slug = "conekta"
    name = "Conekta"
    hosts = {Environment.SANDBOX: _HOST, Environment.LIVE: _HOST}
    means = frozenset({Means.CARD})
    currencies = frozenset({"MXN"})
    fields: ClassVar[tuple[Field, ...]] = (
        Field("webhook_public_key", required=True, pattern=r"[\s\S]{1,16384}", help=_ENTER_PEM),
    )
    can_look_up = True
    can_refund = True
    can_list = True

    def check_account(self, account: Account) -> Mapping[str, str]:
        problems = dict(super().check_account(account))
        if not keys_in(account.extra.get("webhook_public_key", "")):
            problems["webhook_public_key"] = _ENTER_PEM
        return problems

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        problems = dict(cards.problems(request))
        if not request.phone:
            problems["phone"] = "Conekta asks for the number of who pays."
        return problems

    def verify(self, account: Account, *, deadline: float) -> str:
        answer = self._call(account, "GET", "companies/current", Deadline(deadline))
        if answer.status != 200:
            raise unverified(answer)
        identity = text(dig(answer.data, "id"))
        if not identity:
            raise Unknown("bad_answer")
        return identity

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        name = request.description or "Internet access"
        body = {
            "currency": request.currency,
            "customer_info": {"name": "Guest", "email": request.email, "phone": request.phone},
            "line_items": [{"name": name, "unit_price": request.amount, "quantity": 1}],
            "charges": [{"payment_method": {"type": "card", "token_id": request.card_token}}],
            "metadata": {"reference": request.reference},
        }
        answer = self._call(account, "POST", "orders", Deadline(deadline), body=body)
        if not answer.is_ok:
            # A card that is refused comes as an error, with the order that was made for it.
            made = text(dig(answer.data, "data", "id"))
            raise refusal(answer, code=_error_code(answer.data), provider_ref=made)
        return taken(_charge(answer.data), request)

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        return found(_charge(self._order(account, asked.provider_ref, Deadline(deadline))), asked)

    def look_up(self, account: Account, asked: Asked, *, deadline: float) -> Charge | None:
        until = Deadline(deadline)
        # Its pages do not say whether the search looks into what we send along: if it does not,
        # the orders since then do.
        searched = self._orders(account, until, search=asked.reference)
        recent = self._orders(account, until, since=asked.started_at - _CLOCKS_APART)
        for orders in (searched, recent):
            for order in orders:
                charge = _charge(order)
                if charge and charge.reference == asked.reference:
                    return charge
        return None

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        path = f"orders/{quote(request.charge.provider_ref, safe='')}/refunds"
        body = {"amount": request.amount, "reason": "requested_by_client"}
        answer = self._call(account, "POST", path, Deadline(deadline), body=body)
        if not answer.is_ok:
            raise refusal(answer, code="cannot_refund")
        refunds = _refunds(answer.data, request.amount)
        if refunds:
            return refunds[-1]
        if not reading.whole(dig(answer.data, "amount_refunded")):
            raise Unknown("bad_answer")
        return Refund(RefundOutcome.SUCCEEDED, "", amount=request.amount)

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        order = self._order(account, request.charge.provider_ref, Deadline(deadline))
        refunds = _refunds(order, request.amount)
        if provider_ref:
            refunds = [refund for refund in refunds if refund.provider_ref == provider_ref]
        given_back = reading.whole(dig(order, "amount_refunded"))
        if given_back is None:
            raise Unknown("bad_answer")
        if len(refunds) == 1:
            return refunds[0]
        if given_back < request.amount:
            raise Absent("refund_absent")
        if given_back == request.amount and not refunds:
            return Refund(RefundOutcome.SUCCEEDED, "", amount=given_back)
        # It is in parts, and none of them says for which of our requests it was made.
        raise Unknown("ambiguous_refund")

    def charges(
        self, account: Account, since: datetime, until: datetime, *, deadline: float
    ) -> Iterator[Charge]:
        orders = [*self._orders(account, Deadline(deadline), since=since)]  # the newest first
        for order in reversed(orders):
            charge, made = _charge(order), reading.when(dig(order, "created_at"))
            if charge and made and since <= made <= until:
                yield charge

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        keys = keys_in(account.extra.get("webhook_public_key", ""))
        if not keys:
            raise BadSignature("misconfigured", "No key is set to verify webhooks with.")
        try:
            signature = b64decode(delivery.headers.get("digest", ""), validate=True)
        except (ValueError, binascii.Error):
            signature = b""
        if not any(_has_signed(key, signature, delivery.body) for key in keys):
            raise BadSignature("bad_signature")

    def read_webhook(self, delivery: Delivery) -> Event:
        said = reading.parse(delivery.body)
        sent, kind = text(dig(said, "id")), text(dig(said, "type"))
        if not sent or not kind:
            raise BadWebhook("bad_webhook")
        about = dig(said, "data", "object")
        order = text(dig(about, "id" if kind.startswith("order.") else "order_id"))
        is_charge = bool(order) and kind.startswith(("order.", "charge."))
        return Event(
            key=sent,
            topic=Topic.CHARGE if is_charge else Topic.OTHER,
            reference=text(dig(about, "metadata", "reference")) if is_charge else "",
            provider_ref=order if is_charge else "",
        )

    # --- Calls ------------------------------------------------------------------------------

    def _call(
        self, account: Account, method: str, path: str, deadline: Deadline, **kwargs: Any
    ) -> Answer:
        return self._ask(account, method, path, deadline, headers=_HEADERS, **kwargs)

    def _order(self, account: Account, ref: str, deadline: Deadline) -> Any:
        answer = self._call(account, "GET", f"orders/{quote(ref, safe='')}", deadline)
        if answer.status != 200:
            raise unanswered(answer)
        return answer.data

    def _orders(
        self,
        account: Account,
        deadline: Deadline,
        *,
        search: str = "",
        since: datetime | None = None,
    ) -> Iterator[Any]:
        """Yield orders, the newest first, back to `since`."""
        params = {"limit": str(_PAGE)} | ({"search": search} if search else {})
        for _ in range(_MOST_PAGES):
            answer = self._call(account, "GET", "orders", deadline, params=params)
            page = dig(answer.data, "data")
            if answer.status != 200 or not isinstance(page, list):
                raise unanswered(answer)
            for order in page:
                made = reading.when(dig(order, "created_at"))
                if made and since and made < since:
                    return
                yield order
            last = text(dig(page, -1, "id"))
            if not last or dig(answer.data, "has_more") is not True:
                return
            params["next"] = last
        raise Unknown("too_many_orders")


def _charge(order: Any) -> Charge | None:
    """Return what an order says; None if it says nothing."""
    ref, status = text(dig(order, "id")), text(dig(order, "payment_status"))
    if not ref or not status:
        return None
    outcome = _STATUSES.get(status, Outcome.PENDING)
    charge = dig(order, "charges", "data", 0)
    live = dig(order, "livemode")
    failed = outcome is Outcome.FAILED
    pending = outcome is Outcome.PENDING
    return Charge(
        outcome,
        ref,
        reference=text(dig(order, "metadata", "reference")),
        amount=reading.whole(dig(order, "amount")),
        currency=text(dig(order, "currency")),
        live=live if isinstance(live, bool) else None,
        refunded=reading.whole(dig(order, "amount_refunded")) or 0,
        reason=_reason(status, charge) if failed else "",
        paid_at=reading.when(dig(charge, "paid_at")),
        pay_url=reading.link(dig(order, "checkout", "url")) if pending else "",
    )


def _reason(status: str, charge: Any) -> str:
    if status == "declined":
        return cards.reason(text(dig(charge, "failure_code")))
    return "no_answer" if status == "expired" else "cancelled"


def _error_code(data: Any) -> str:
    return cards.reason(text(dig(data, "details", 0, "code")))


def _refunds(order: Any, amount: int) -> list[Refund]:
    """Return the order's refunds of just this much; not every answer lists them."""
    return [
        Refund(RefundOutcome.SUCCEEDED, ref, amount=amount)
        for charge in reading.rows(dig(order, "charges", "data"))
        for row in reading.rows(dig(charge, "refunds", "data"))
        if (ref := text(dig(row, "id"))) and _amount_of(dig(row, "amount")) == amount
    ]


def _amount_of(value: Any) -> int | None:
    """Return the amount of a refund, which some versions write as less than zero."""
    return reading.whole(-value if isinstance(value, int) and value < 0 else value)


@lru_cache(maxsize=1024)
def keys_in(pems: str) -> tuple[RSAPublicKey, ...]:
    """Return the keys in a text of one or more, some of which may be none that we could use."""
    # Who copies one out of JSON has its line breaks as two characters.
    keys = map(_key, _PEM.findall(pems.replace("\\n", "\n")))
    return tuple(key for key in keys if key)


def _key(pem: str) -> RSAPublicKey | None:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= 2048 else None


def _has_signed(key: RSAPublicKey, signature: bytes, body: bytes) -> bool:
    try:
        key.verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
