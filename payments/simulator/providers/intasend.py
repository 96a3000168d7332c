"""IntaSend (Kenya): M-Pesa prompts, told of at every change; a shared word is all that signs."""

from __future__ import annotations

import re
import string
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from payments.simulator.accounts import Account
from payments.simulator.charges import Change, Charge, Refund, State
from payments.simulator.messages import Refusal, Request, Response, answer, dump
from payments.simulator.providers.base import Provider, route
from payments.simulator.stories import Answer
from payments.simulator.webhooks import Ladder, Webhook

_NAIROBI = timezone(timedelta(hours=3))
_PHONE = re.compile(r"254[17][0-9]{8}")
_NAMES = string.ascii_uppercase + string.digits
_HOSTS = {False: "https://sandbox.intasend.com", True: "https://payment.intasend.com"}
_HELP = "https://intasend.com/troubleshooting"
_SHARE = Decimal("0.03")  # what IntaSend keeps

_WHY = {
    Answer.INSUFFICIENT: ("1", "The balance is insufficient for the transaction"),
    Answer.CANCEL: ("1032", "Request cancelled by user"),
    Answer.NO_ANSWER: ("1037", "DS timeout user cannot be reached"),
    Answer.WRONG_PIN: ("2001", "The initiator information is invalid"),
    Answer.EXPIRED: ("1019", "Transaction has expired"),
    Answer.LIMIT: ("17", "Transaction limit exceeded"),
    Answer.LOCKED: ("1001", "Unable to lock subscriber"),
    Answer.DECLINED: ("9999", "Request failed"),
}


class IntaSend(Provider):
    slug = "intasend"
    prefix = "/intasend/api/v1"
    currency = "KES"
    # Five more tries, the first after 5 minutes, the next 20 later, and so on.
    ladder = Ladder(waits=(300.0, 1200.0, 4800.0, 19200.0, 76800.0), mutes_after=20)

    def new_account(self, environment: str) -> Account:
        infix = "live" if environment == "live" else "test"
        return Account(
            provider=self.slug,
            environment=environment,
            id=self.ids.text(7, _NAMES),
            api_key=f"ISPubKey_{infix}_{self.ids.uuid()}",
            private_key=f"ISSecretKey_{infix}_{self.ids.uuid()}",
            extra={"challenge": self.ids.text(24), "tariff": "BUSINESS-PAYS"},
        )

    def failed(self, status: int) -> Response:
        return answer({"detail": HTTPStatus(status).phrase}, status)

    def _account(self, request: Request) -> Account:
        for account in self.accounts:
            if request.bearer == account.private_key:
                return account
        words = "Authentication credentials were not provided."
        if request.bearer:
            words = "Invalid token."
        raise Refusal(answer({"detail": words}, 401, WWW_Authenticate="Bearer"))

    def _public(self, request: Request, data: dict[str, Any]) -> Account:
        """Return the account of the public key, which all that a browser may ask needs only."""
        key = data.get("public_key") or request.headers.get("intasend_public_api_key")
        for account in self.accounts:
            if key == account.api_key:
                return account
        raise Refusal(_invalid("public_key", "Invalid public key"))

    # Payments

    @route("GET", "/wallets/", "verify")
    def wallets(self, request: Request) -> Response:
        account = self._account(request)
        charges = self.bank.of_account(account)
        balance = f"{Decimal(sum(charge.left for charge in charges)) / 100:.2f}"
        wallet = {
            "wallet_id": account.id,
            "label": "default",
            "can_disburse": False,
            "currency": "KES",
            "wallet_type": "SETTLEMENT",
            "current_balance": balance,
            "available_balance": balance,
            "updated_at": _text(self.clock.now()),
        }
        return answer({"count": 1, "next": None, "previous": None, "results": [wallet]})

    @route("POST", "/payment/mpesa-stk-push/", "charge")
    def charge(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        if self._public(request, data) is not account:
            raise Refusal(_invalid("public_key", "The keys belong to different accounts"))
        phone = str(data.get("phone_number") or "")
        if not _PHONE.fullmatch(phone):
            raise Refusal(_invalid("phone_number", "Invalid phone number"))
        if data.get("currency", "KES") != "KES":
            raise Refusal(_invalid("currency", "Currency not supported"))
        charge = Charge(
            id=self.ids.text(7, _NAMES),
            account=account,
            amount=_amount(data.get("amount")),
            currency=self.currency,
            story=self.story_of(phone),
            made_at=self.clock.now(),
            reference=str(data.get("api_ref") or ""),
            phone=phone,
            details={
                "id": self.ids.uuid(),
                "email": data.get("email"),
                "customer": self.ids.text(7, _NAMES),
            },
        )
        return self.take(charge, self._taken)

    def _taken(self, charge: Charge) -> Response:
        return answer(
            {
                "id": charge.details["id"],
                "invoice": {**_invoice(charge), "state": "PENDING"},
                "customer": _customer(charge),
                "payment_link": None,
                "refundable": False,
                "created_at": _text(charge.made_at),
                "updated_at": _text(charge.changed_at),
            }
        )

    @route("POST", "/payment/status/", "fetch")
    def status(self, request: Request) -> Response:
        data = _read(request)
        account = self._public(request, data)
        charge = self.bank.find(self.slug, str(data.get("invoice_id") or ""))
        if charge is None or charge.account is not account:
            raise Refusal(_invalid("invoice_id", "Invoice not found", 404))
        meta = {
            "id": charge.details["id"],
            "customer": _customer(charge),
            "created_at": _text(charge.made_at),
            "updated_at": _text(charge.changed_at),
        }
        return answer({"invoice": _invoice(charge), "meta": meta})

    # Refunds, which go by the name of chargebacks

    @route("POST", "/chargebacks/", "refund")
    def refund(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        charge = self.bank.find(self.slug, str(data.get("invoice") or ""))
        if charge is None or charge.account is not account:
            raise Refusal(_invalid("invoice", "Invoice not found"))
        amount = _amount(data.get("amount"))
        waiting = sum(one.amount for one in charge.refunds if one.state is State.WAITING)
        if amount > charge.left - waiting:
            raise Refusal(_invalid("amount", "Amount is more than what can be refunded"))
        if not data.get("reason"):
            raise Refusal(_invalid("reason", "This field is required."))
        refund = Refund(
            id=self.ids.text(7, _NAMES),
            charge=charge,
            amount=amount,
            reason=str(data["reason"]),
            asked_at=self.clock.now(),
            details={"words": data.get("reason_details") or ""},
        )
        self.bank.refund(refund)
        return answer(_chargeback(refund), 201)

    @route("GET", "/chargebacks/([^/]+)/", "fetch_refund")
    def fetch_refund(self, request: Request, ref: str) -> Response:
        for refund in self._refunds(request):
            if refund.id == ref:
                return answer(_chargeback(refund))
        raise Refusal(answer({"detail": "Not found."}, 404))

    @route("GET", "/chargebacks/", "fetch_refund")
    def refunds(self, request: Request) -> Response:
        found = [_chargeback(refund) for refund in self._refunds(request)]
        return answer({"count": len(found), "next": None, "previous": None, "results": found})

    def _refunds(self, request: Request) -> list[Refund]:
        charges = self.bank.of_account(self._account(request))
        return [
            refund
            for charge in charges
            for refund in (*charge.refunds, *charge.details.get("taken_back", ()))
        ]

    # Webhooks

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        return {}, {}  # the word is in the body

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        word = {"challenge": charge.account.extra["challenge"]}
        topic, body = "collection", {**_invoice(charge), **word}
        if change is Change.REFUNDED and charge.last_refund:
            topic, body = "chargeback", {**_chargeback(charge.last_refund), **word}
        elif change in (Change.REVERSED, Change.DISPUTED):
            taken = Refund(
                id=self.ids.text(7, _NAMES),
                charge=charge,
                amount=charge.paid - charge.refunded,
                reason="Unauthorized transaction",
                asked_at=self.clock.now(),
                details={
                    "words": "",
                    "status": "DISPUTED" if change is Change.DISPUTED else "COMPLETED",
                },
            )
            charge.details.setdefault("taken_back", []).append(taken)
            topic, body = "chargeback", {**_chargeback(taken), **word}
        return [self.webhook(charge, topic, charge.account.webhook_url, dump(body))]


def _invoice(charge: Charge) -> dict[str, Any]:
    state = {State.WAITING: "PROCESSING", State.PAID: "COMPLETE", State.FAILED: "FAILED"}
    code, words = _WHY[charge.failure] if charge.failure else (None, None)
    paid = charge.state is State.PAID
    value, charges, net = _split(charge)
    return {
        "invoice_id": charge.id,
        "state": state[charge.state],
        "provider": "M-PESA",
        "charges": f"{charges if paid else Decimal(0):.2f}",
        "net_amount": f"{net if paid else value:.2f}",
        "currency": charge.paid_currency or charge.currency,
        "value": f"{value:.2f}",
        "account": charge.details["email"] or charge.phone,
        "api_ref": charge.reference,
        "mpesa_reference": charge.receipt or None,
        "host": _HOSTS[charge.account.live],
        "failed_reason": words,
        "failed_code": code,
        "failed_code_link": _HELP,
        "created_at": _text(charge.made_at),
        "updated_at": _text(charge.changed_at),
    }


def _split(charge: Charge) -> tuple[Decimal, Decimal, Decimal]:
    """Return what the guest is billed, what IntaSend keeps and what the merchant gets."""
    amount = Decimal(charge.paid or charge.amount) / 100
    fee = round(amount * _SHARE, 2)
    if charge.account.extra.get("tariff") == "CUSTOMER-PAYS":
        return amount + fee, fee, amount
    return amount, fee, amount - fee


def _chargeback(refund: Refund) -> dict[str, Any]:
    status = {State.WAITING: "PENDING", State.PAID: "COMPLETED", State.FAILED: "CANCELLED"}
    invoice = _invoice(refund.charge)
    return {
        "id": refund.id,
        "chargeback_id": refund.id,
        "transaction": {
            "invoice": invoice,
            "value": invoice["net_amount"],
            "narrative": "Payment",
            "currency": invoice["currency"],
        },
        "invoice": invoice,
        "amount": f"{Decimal(refund.amount) / 100:.2f}",
        "reason": refund.reason,
        "reason_details": refund.details["words"],
        "status": refund.details.get("status") or status[refund.state],
        "resolution": None,
        "staff_created": False,
        "created_at": _text(refund.asked_at),
        "updated_at": _text(refund.charge.changed_at),
    }


def _customer(charge: Charge) -> dict[str, Any]:
    return {
        "customer_id": charge.details["customer"],
        "phone_number": charge.phone,
        "email": charge.details["email"],
        "created_at": _text(charge.made_at),
        "updated_at": _text(charge.made_at),
    }


def _read(request: Request) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError:
        raise Refusal(answer({"detail": "JSON parse error"}, 400)) from None


def _amount(value: Any) -> int:
    try:
        cents = Decimal(str(value)) * 100
    except InvalidOperation:
        raise Refusal(_invalid("amount", "A valid number is required.")) from None
    if cents < 100 or cents != int(cents):
        raise Refusal(_invalid("amount", "Ensure this value is at least 1, with 2 decimals."))
    return int(cents)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _NAIROBI).isoformat()


def _invalid(field: str, words: str, status: int = 400) -> Response:
    errors = [{"code": "invalid", "detail": words, "attr": field}]
    return answer({"type": "validation_error", "errors": errors}, status)
