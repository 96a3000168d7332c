"""IntaSend: prompts on M-Pesa phones in Kenya, paid into a wallet."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from payments.gateways import mpesa, reading
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
from payments.gateways.provider import (
    Provider,
    found,
    same,
    secret_of,
    taken,
    unanswered,
    unverified,
)
from payments.gateways.reading import dig, text

_INFIX = {Environment.SANDBOX: "test", Environment.LIVE: "live"}
_GUEST_PAYS = "CUSTOMER-PAYS"
_STATES = {
    "COMPLETE": Outcome.SUCCEEDED,
    "COMPLETED": Outcome.SUCCEEDED,  # as its pages spell it
    "FAILED": Outcome.FAILED,
    "CANCELLED": Outcome.FAILED,
    "CANCELED": Outcome.FAILED,
    "REFUNDED": Outcome.REFUNDED,
    "REVERSED": Outcome.REFUNDED,
    "CHARGEBACK": Outcome.DISPUTED,
    "DISPUTED": Outcome.DISPUTED,
}
_REFUND_STATES = {
    "COMPLETED": RefundOutcome.SUCCEEDED,
    "COMPLETE": RefundOutcome.SUCCEEDED,
    "CANCELLED": RefundOutcome.FAILED,
    "CANCELED": RefundOutcome.FAILED,
}


class IntaSend(Provider):
    slug = "intasend"
    name = "IntaSend"
    hosts = {
        Environment.SANDBOX: "https://sandbox.intasend.com/api/v1",
        Environment.LIVE: "https://payment.intasend.com/api/v1",
    }
    means = frozenset({Means.PHONE})
    currencies = frozenset({"KES"})
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "challenge",
            secret=True,
            required=True,
            pattern=r"[!-~]{6,255}",
            help="Enter the challenge that you have set for webhooks at IntaSend.",
        ),
        Field("tariff", choices=("BUSINESS-PAYS", _GUEST_PAYS)),
    )
    can_refund = True

    def check_account(self, account: Account) -> Mapping[str, str]:
        infix = _INFIX[account.environment]
        problems = {
            field: f"Enter a key that begins with {begin}_{infix}_."
            for field, begin in (("api_key", "ISPubKey"), ("private_key", "ISSecretKey"))
            if not getattr(account, field).startswith(f"{begin}_{infix}_")
        }
        return problems | dict(super().check_account(account))

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        return mpesa.problems(request)

    def verify(self, account: Account, *, deadline: float) -> str:
        answer = self._call(account, "GET", "wallets/", Deadline(deadline))
        if answer.status != 200:
            raise unverified(answer)
        named = [text(dig(wallet, "wallet_id")) for wallet in _listed(answer.data)]
        return min(filter(None, named), default=account.api_key)

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        body = {
            "public_key": account.api_key,
            "currency": request.currency,
            "method": "M-PESA",
            "amount": reading.number(request.amount),
            "phone_number": request.phone.removeprefix("+"),
            "api_ref": request.reference,
            "narrative": request.description,
        }
        if request.email:
            body["email"] = request.email
        answer = self._call(account, "POST", "payment/mpesa-stk-push/", Deadline(deadline), body)
        if not answer.is_ok:
            raise refusal(answer, code=mpesa.reason("", _words(answer.data)))
        return taken(_charge(account, dig(answer.data, "invoice")), request)

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        body = {"invoice_id": asked.provider_ref, "public_key": account.api_key}
        until = Deadline(deadline)
        answer = self._call(account, "POST", "payment/status/", until, body)
        if not answer.is_ok:
            raise unanswered(answer)
        charge = found(_charge(account, dig(answer.data, "invoice")), asked)
        return self._with_refunds(account, charge, until) if asked.receipt else charge

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        body = {
            "invoice": request.charge.provider_ref,
            "amount": reading.number(request.amount),
            "reason": "Unavailable service",  # one of its own
            # The only place for our reference, by which the refund is found again.
            "reason_details": f"{request.reason} [{request.reference}]".strip(),
        }
        answer = self._call(account, "POST", "chargebacks/", Deadline(deadline), body)
        if not answer.is_ok:
            raise refusal(answer, code="cannot_refund")
        refund = _refund(answer.data)
        if not refund:
            raise Unknown("bad_answer")
        return refund

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        path = f"chargebacks/{quote(provider_ref, safe='')}/" if provider_ref else "chargebacks/"
        answer = self._call(account, "GET", path, Deadline(deadline))
        if not answer.is_ok:
            raise unanswered(answer)
        found = answer.data if provider_ref else _refund_with(request.reference, answer.data)
        refund = _refund(found)
        if not refund:
            raise Unknown("bad_answer")
        return refund

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        # All the proof there is: a string that both sides know, sent along in the body.
        [challenge] = secret_of(account.extra.get("challenge", ""))
        said = dig(reading.parse(delivery.body), "challenge")
        if not isinstance(said, str) or not same(said, challenge.decode()):
            raise BadSignature("bad_signature")

    def read_webhook(self, delivery: Delivery) -> Event:
        said = reading.parse(delivery.body)
        invoice, refund = text(dig(said, "invoice_id")), text(dig(said, "chargeback_id"))
        if refund:
            return _chargeback_event(said, refund)
        state = text(dig(said, "state"))
        if not invoice or not state:
            raise BadWebhook("bad_webhook")
        return Event(
            key=f"{invoice}:{state}:{text(dig(said, 'updated_at'))}"[:200],
            topic=Topic.CHARGE,
            reference=text(dig(said, "api_ref")),
            provider_ref=invoice,
        )

    def without_secrets(self, delivery: Delivery) -> bytes:
        said = reading.parse(delivery.body, exact=False)
        if not isinstance(said, dict):
            return b""  # nothing that could be read later either
        kept = {name: value for name, value in said.items() if name != "challenge"}
        return json.dumps(kept).encode()

    def _with_refunds(self, account: Account, charge: Charge, deadline: Deadline) -> Charge:
        """Add what has gone back of a charge whose money was seen: its invoice stays complete."""
        if charge.outcome is not Outcome.SUCCEEDED:
            return charge
        answer = self._call(account, "GET", "chargebacks/", deadline)
        if not answer.is_ok:
            raise unanswered(answer)
        rows = [row for row in _listed(answer.data) if _invoice_of(row) == charge.provider_ref]
        if any(text(dig(row, "status")).upper() == "DISPUTED" for row in rows):
            return replace(charge, outcome=Outcome.DISPUTED)
        made = [refund for refund in map(_refund, rows) if refund]
        done = [refund for refund in made if refund.outcome is RefundOutcome.SUCCEEDED]
        refunded = sum(refund.amount or 0 for refund in done)
        is_all = charge.amount is not None and refunded >= charge.amount
        outcome = Outcome.REFUNDED if is_all else charge.outcome
        return replace(charge, outcome=outcome, refunded=refunded)

    def _call(
        self, account: Account, method: str, path: str, deadline: Deadline, body: Any = None
    ) -> Answer:
        headers = {"INTASEND_PUBLIC_API_KEY": account.api_key}
        return self._ask(account, method, path, deadline, body=body, headers=headers)


def _charge(account: Account, invoice: Any) -> Charge | None:
    """Return what an invoice says; None if it says nothing."""
    ref = text(dig(invoice, "invoice_id")) or text(dig(invoice, "id"))
    state = text(dig(invoice, "state")).upper()
    if not ref or not state:
        return None
    outcome = _STATES.get(state, Outcome.PENDING)
    amount = _price(account, invoice)
    failed = outcome is Outcome.FAILED
    return Charge(
        outcome,
        ref,
        reference=text(dig(invoice, "api_ref")),
        receipt=text(dig(invoice, "mpesa_reference")),
        amount=amount,
        currency=text(dig(invoice, "currency")),
        live=_is_live(dig(invoice, "host")),
        refunded=(amount or 0) if outcome is Outcome.REFUNDED else 0,
        reason=_reason(invoice) if failed else "",
        paid_at=reading.when(dig(invoice, "updated_at")),
    )


def _price(account: Account, invoice: Any) -> int | None:
    """Return what was paid for what was sold: not the fee, where the guest bears it on top."""
    value, fee = reading.minor(dig(invoice, "value")), reading.minor(dig(invoice, "charges"))
    if value is not None and account.extra.get("tariff") == _GUEST_PAYS:
        return max(0, value - (fee or 0))
    return value


def _is_live(host: object) -> bool | None:
    try:
        name = urlsplit(text(host)).hostname
    except ValueError:
        return None
    return {"sandbox.intasend.com": False, "payment.intasend.com": True}.get(name or "")


def _reason(invoice: Any) -> str:
    return mpesa.reason(dig(invoice, "failed_code"), dig(invoice, "failed_reason"))


def _words(data: Any) -> object:
    """Return what an error says: it comes in more than one shape."""
    first = dig(data, "errors", 0)
    return dig(data, "detail") or dig(first, "detail") or first


def _refund(said: Any) -> Refund | None:
    ref = text(dig(said, "chargeback_id")) or text(dig(said, "id"))
    status = text(dig(said, "status")).upper()
    if not ref or not status:
        return None
    outcome = _REFUND_STATES.get(status, RefundOutcome.PENDING)
    reason = "refused" if outcome is RefundOutcome.FAILED else ""
    return Refund(outcome, ref, amount=reading.minor(dig(said, "amount")), reason=reason)


def _listed(data: Any) -> list[Any]:
    return reading.rows(data) or reading.rows(dig(data, "results"))


def _invoice_of(chargeback: Any) -> str:
    invoice = dig(chargeback, "invoice") or dig(chargeback, "transaction", "invoice")
    return text(dig(invoice, "invoice_id"))


def _refund_with(reference: str, data: Any) -> Any:
    for row in _listed(data):
        details = dig(row, "reason_details")
        if isinstance(details, str) and re.search(rf"\[{re.escape(reference)}\]\Z", details):
            return row
    raise Absent("refund_absent")


def _chargeback_event(said: Any, refund: str) -> Event:
    invoice = dig(said, "invoice") or dig(said, "transaction", "invoice")
    status = text(dig(said, "status"))
    return Event(
        key=f"chargeback:{refund}:{status}"[:200],
        topic=Topic.REFUND,
        reference=text(dig(invoice, "api_ref")),
        provider_ref=_invoice_of(said),
        refund_ref=refund,
    )
