"""Mercado Pago (Mexico): cards and OXXO vouchers; each charge has an idempotency key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from payments.simulator.accounts import Account
from payments.simulator.bank import Bank
from payments.simulator.charges import Change, Charge, Refund, State
from payments.simulator.messages import Refusal, Request, Response, answer, dump
from payments.simulator.providers import cards
from payments.simulator.providers.base import Provider, given, route
from payments.simulator.stories import UNTOLD, Answer, Story
from payments.simulator.webhooks import Ladder, Webhook

_MEXICO = timezone(timedelta(hours=-4))  # as its dates come, whatever the country
_REFUNDABLE = 180 * 86400.0
_VOUCHER_SECONDS = 3 * 86400.0
_DAY = 86400.0

# What the name on a test card makes happen.
_NAMES = {
    "APRO": Answer.PIN,
    "OTHE": Answer.DECLINED,
    "CONT": Answer.PIN,
    "CALL": Answer.LOCKED,
    "FUND": Answer.INSUFFICIENT,
    "SECU": Answer.WRONG_PIN,
    "EXPI": Answer.EXPIRED,
    "FORM": Answer.LIMIT,
}
_WHY = {
    Answer.INSUFFICIENT: "cc_rejected_insufficient_amount",
    Answer.WRONG_PIN: "cc_rejected_bad_filled_security_code",
    Answer.EXPIRED: "cc_rejected_bad_filled_date",
    Answer.LIMIT: "cc_rejected_bad_filled_other",
    Answer.LOCKED: "cc_rejected_call_for_authorize",
}
_MAGIC = re.compile(r"test_([A-Z]{4})(?:_[0-9]{3})?")
_METHODS = (
    ("visa", "Visa", "credit_card", 5, 999999),
    ("master", "Mastercard", "credit_card", 5, 999999),
    ("amex", "American Express", "credit_card", 5, 999999),
    ("debvisa", "Visa Débito", "debit_card", 5, 999999),
    ("oxxo", "OXXO", "ticket", 5, 10000),
)


class MercadoPago(Provider):
    slug = "mercadopago"
    prefix = "/mercadopago"
    currency = "MXN"
    ladder = Ladder(
        waits=(900.0, 1800.0, 6 * 3600.0, 2 * _DAY, 4 * _DAY), accepted=frozenset({200, 201})
    )

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank)
        self._answers: dict[tuple[Account, str, str], Response | None] = {}  # None: running
        self._cards: dict[str, str] = {}  # tokens, and the name on the card

    def new_account(self, environment: str) -> Account:
        owner, kind = self.ids.digits(9), "APP_USR" if environment == "live" else "TEST"
        application = self.ids.digits(16)
        return Account(
            provider=self.slug,
            environment=environment,
            id=owner,
            api_key=f"{kind}-{self.ids.uuid()}",
            private_key=f"{kind}-{application}-112120-{self.ids.hex(32)}-{owner}",
            extra={"webhook_secret": self.ids.hex(64)},
            secrets={"site_id": "MLM", "country_id": "MX", "application": int(application)},
        )

    def reset(self) -> None:
        super().reset()
        self._answers.clear()
        self._cards.clear()

    def failed(self, status: int) -> Response:
        words = HTTPStatus(status).phrase
        return _error(status, words.lower().replace(" ", "_"), words)

    def _account(self, request: Request) -> Account:
        for account in self.accounts:
            if request.bearer == account.private_key:
                return account
        raise Refusal(_error(401, "unauthorized", "invalid access token"))

    # The account, its methods, and cards

    @route("GET", "/users/me", "verify")
    def me(self, request: Request) -> Response:
        account = self._account(request)
        return answer(
            {
                "id": int(account.id),
                "nickname": f"TESTUSER{account.id}",
                "site_id": account.secrets["site_id"],
                "country_id": account.secrets["country_id"],
                "email": f"test_user_{account.id}@testuser.com",
                "status": {"site_status": "active"},
            }
        )

    @route("GET", "/v1/payment_methods", "methods")
    def methods(self, request: Request) -> Response:
        self._account(request)
        return answer(
            [
                {
                    "id": ref,
                    "name": name,
                    "payment_type_id": kind,
                    "status": "active",
                    "min_allowed_amount": least,
                    "max_allowed_amount": most,
                }
                for ref, name, kind, least, most in _METHODS
            ]
        )

    @route("POST", "/v1/card_tokens", "tokenize")
    def tokenize(self, request: Request) -> Response:
        keys = {account.api_key for account in self.accounts}
        if request.query.get("public_key") not in keys:
            return _error(401, "unauthorized", "invalid public key")
        data = _read(request)
        number = re.sub(r"\s", "", str(data.get("card_number") or ""))
        if not re.fullmatch(r"[0-9]{15,16}", number):
            return _error(400, "bad_request", "Invalid card_number_validation", "E301")
        token = self.ids.hex(32)
        self._cards[token] = str(given(data, "cardholder", "name") or "").upper()
        shown = {"first_six_digits": number[:6], "last_four_digits": number[-4:]}
        return answer({"id": token, "status": "active", "live_mode": False, **shown}, 201)

    def _outcome(self, token: str) -> tuple[Answer, bool]:
        """Return how a card token ends, and whether it is looked into before. Each is used once."""
        magic = _MAGIC.fullmatch(token)
        name = magic[1] if magic else self._cards.pop(token, None)
        if name is None:
            raise Refusal(_error(400, "bad_request", "Card Token not found", "2006"))
        return _NAMES.get(name[:4], Answer.PIN), name[:4] == "CONT"

    # Payments

    @route("POST", "/v1/payments", "charge")
    def charge(self, request: Request) -> Response:
        account = self._account(request)
        return self._once(account, request, lambda: self._charge(account, request))

    def _charge(self, account: Account, request: Request) -> Response:
        data = _read(request)
        amount = _amount(data.get("transaction_amount"))
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", str(given(data, "payer", "email") or "")):
            raise Refusal(_error(400, "bad_request", "payer.email must be a valid email", "4050"))
        is_voucher = data.get("payment_method_id") == "oxxo"
        charge = Charge(
            id=self.ids.digits(11),
            account=account,
            amount=amount,
            currency=self.currency,
            story=UNTOLD if is_voucher else self._card_story(data),
            made_at=self.clock.now(),
            reference=str(data.get("external_reference") or ""),
            phone="",
            callback_url=str(data.get("notification_url") or ""),
            details={
                "method": str(data.get("payment_method_id") or "visa"),
                "payer": data["payer"],
                "metadata": data.get("metadata") or {},
                "description": data.get("description"),
                "page": f"{request.base.removesuffix(self.prefix)}/",
            },
        )
        if is_voucher:
            return self.take(charge, self._taken, patience=self._until(data))
        return self.take(charge, self._taken)

    def _card_story(self, data: dict[str, Any]) -> Story:
        methods = {ref for ref, *_ in _METHODS}
        if data.get("payment_method_id", "visa") not in methods:
            raise Refusal(_error(400, "bad_request", "payment_method_id not found", "2067"))
        installments = data.get("installments")
        if not isinstance(installments, int) or installments < 1:
            raise Refusal(_error(400, "bad_request", "installments attribute can't be null", "4"))
        token = str(data.get("token") or "")
        outcome, is_reviewed = self._outcome(token)
        if is_reviewed:
            return (
                cards.story_of("", Answer.DECLINED) if data.get("binary_mode") else cards.REVIEWED
            )
        return cards.story_of(token, outcome)

    def _until(self, data: dict[str, Any]) -> float:
        if "date_of_expiration" not in data:
            return _VOUCHER_SECONDS
        try:
            until = datetime.fromisoformat(str(data["date_of_expiration"]))
        except ValueError:
            raise Refusal(_error(400, "bad_request", "invalid date_of_expiration", "23")) from None
        return max(0.0, until.timestamp() - self.clock.now())

    def _taken(self, charge: Charge) -> Response:
        if charge.details["method"] != "oxxo":
            cards.settle(self.bank, charge)
        return answer(_payment(charge), 201)

    @route("GET", "/v1/payments/search", "look_up")
    def search(self, request: Request) -> Response:
        account = self._account(request)
        query = request.query
        if wanted := query.get("external_reference"):
            found = self.bank.of_reference(account, wanted)
        else:
            found = self.bank.of_account(account)
        since, until = _moment(query.get("begin_date")), _moment(query.get("end_date"))
        found = [
            charge
            for charge in found
            if (since is None or charge.made_at >= since)
            and (until is None or charge.made_at <= until)
        ]
        if query.get("criteria", "desc") == "desc":
            found.reverse()
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 30)), 1000)
        page = [_payment(charge) for charge in found[offset : offset + limit]]
        paging = {"total": len(found), "limit": limit, "offset": offset}
        return answer({"paging": paging, "results": page})

    @route("GET", "/v1/payments/([0-9]+)", "fetch")
    def fetch(self, request: Request, ref: str) -> Response:
        return answer(_payment(self._find(request, ref)))

    def _find(self, request: Request, ref: str) -> Charge:
        account = self._account(request)
        charge = self.bank.find(self.slug, ref)
        if charge is None or charge.account is not account:
            raise Refusal(_error(404, "not_found", "Payment not found", "2000"))
        return charge

    # Refunds and chargebacks

    @route("POST", "/v1/payments/([0-9]+)/refunds", "refund")
    def refund(self, request: Request, ref: str) -> Response:
        charge = self._find(request, ref)
        return self._once(charge.account, request, lambda: self._refund(charge, request))

    def _refund(self, charge: Charge, request: Request) -> Response:
        data = _read(request)
        if not charge.left or self.clock.now() - charge.paid_at > _REFUNDABLE:
            words = "The action requested is not valid for the current payment state"
            raise Refusal(_error(400, "bad_request", words, "2063"))
        amount = _amount(data["amount"]) if data.get("amount") is not None else charge.left
        if amount > charge.left:
            words = "The amount is higher than what is left of the payment"
            raise Refusal(_error(400, "bad_request", words, "4042"))
        refund = Refund(
            id=self.ids.digits(10),
            charge=charge,
            amount=amount,
            reason="",
            asked_at=self.clock.now(),
        )
        self.bank.refund(refund, at_once=True)
        return answer(_refunded(refund), 201)

    @route("GET", "/v1/payments/([0-9]+)/refunds", "fetch_refund")
    def refunds(self, request: Request, ref: str) -> Response:
        return answer([_refunded(refund) for refund in self._find(request, ref).refunds])

    @route("GET", "/v1/payments/([0-9]+)/refunds/([0-9]+)", "fetch_refund")
    def fetch_refund(self, request: Request, ref: str, number: str) -> Response:
        for refund in self._find(request, ref).refunds:
            if refund.id == number:
                return answer(_refunded(refund))
        return _error(404, "not_found", "Refund not found", "2000")

    @route("GET", "/v1/chargebacks/([0-9]+)", "fetch")
    def fetch_chargeback(self, request: Request, number: str) -> Response:
        for charge in self.bank.of_account(self._account(request)):
            if charge.details.get("chargeback") == number:
                return answer(
                    {
                        "id": number,
                        "payments": [int(charge.id)],
                        "currency": charge.currency,
                        "amount": _money(charge.paid),
                        "documentation_status": "pending",
                    }
                )
        return _error(404, "not_found", "Chargeback not found", "2000")

    # Idempotency

    def _once(self, account: Account, request: Request, act: Any) -> Response:
        """Answer a key that was used before as it was answered then, 409 while that is running."""
        key = request.headers.get("x-idempotency-key", "")
        if not 1 <= len(key) <= 64:
            words = "Header X-Idempotency-Key can't be null"
            return _error(400, "bad_request", words, "4292")
        place = (account, request.path, key)
        if place in self._answers:
            return self._again(self._answers[place])
        self._answers[place] = None
        try:
            response: Response = act()
        except Refusal as refusal:
            response = refusal.response
        if response.status in (429, 500):
            del self._answers[place]  # nothing to tell again
        else:
            self._remember(place, response)
        return response

    def _remember(self, place: tuple[Account, str, str], response: Response) -> None:
        kept = Response(response.status, response.body, dict(response.headers))

        def keep() -> None:
            self._answers[place] = kept

        response.ended = keep

    def _again(self, kept: Response | None) -> Response:
        if kept is None:
            words = "The process of the first request with this key is not completed yet"
            return _error(409, "conflict", words, "401001")
        return Response(kept.status, kept.body, dict(kept.headers))

    # Webhooks

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        event = json.loads(body)
        ref, request_id, stamp = event["data"]["id"], self.ids.uuid(), int(now * 1000)
        manifest = f"id:{ref};request-id:{request_id};ts:{stamp};"
        key = account.extra["webhook_secret"].encode()
        digest = hmac.new(key, manifest.encode(), hashlib.sha256).hexdigest()
        headers = {"x-signature": f"ts={stamp},v1={digest}", "x-request-id": request_id}
        return {"data.id": ref, "type": event["type"]}, headers

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        action = "payment.created" if change is Change.STARTED else "payment.updated"
        told = [self._event(charge, "payment", action, charge.id)]
        if change is Change.DISPUTED:
            number = charge.details["chargeback"] = self.ids.digits(12)
            told.append(self._event(charge, "topic_chargebacks_wh", "chargebacks.created", number))
        return told

    def _event(self, charge: Charge, kind: str, action: str, ref: str) -> Webhook:
        account = charge.account
        body = dump(
            {
                "id": int(self.ids.digits(12)),
                "live_mode": account.live,
                "type": kind,
                "date_created": _text(self.clock.now()),
                "application_id": account.secrets["application"],
                "user_id": int(account.id),
                "version": 1,
                "api_version": "v1",
                "action": action,
                "data": {"id": ref},
            }
        )
        return self.webhook(charge, action, charge.callback_url or account.webhook_url, body)


def _payment(charge: Charge) -> dict[str, Any]:
    status, detail = _status(charge)
    method = charge.details["method"]
    amount = charge.paid or charge.amount
    return {
        "id": int(charge.id),
        "date_created": _text(charge.made_at),
        "date_approved": _text(charge.paid_at) if charge.paid else None,
        "date_last_updated": _text(charge.changed_at),
        "status": status,
        "status_detail": detail,
        "currency_id": charge.paid_currency or charge.currency,
        "description": charge.details["description"],
        "transaction_amount": _money(amount),
        "transaction_amount_refunded": _money(charge.refunded),
        "payment_method_id": method,
        "payment_type_id": {ref: kind for ref, _, kind, *_ in _METHODS}[method],
        "external_reference": charge.reference or None,
        "collector_id": _collector(charge),
        "live_mode": charge.account.live,
        "captured": True,
        "binary_mode": False,
        "installments": 1,
        "payer": charge.details["payer"],
        "metadata": charge.details["metadata"],
        "fee_details": [],
        "refunds": [_refunded(refund) for refund in charge.refunds],
        "transaction_details": {
            "net_received_amount": _money(charge.paid),
            "total_paid_amount": _money(amount),
            "external_resource_url": charge.details["page"] if method == "oxxo" else None,
        },
    }


def _status(charge: Charge) -> tuple[str, str]:
    is_voucher = charge.details["method"] == "oxxo"
    if charge.state is State.WAITING:
        if is_voucher:
            return "pending", "pending_waiting_payment"
        return "in_process", "pending_contingency"
    if charge.state is State.FAILED:
        if is_voucher:
            return "cancelled", "expired"
        return "rejected", _WHY.get(charge.failure or Answer.DECLINED, "cc_rejected_other_reason")
    if charge.is_disputed or charge.is_reversed:
        return "charged_back", "settled"
    if charge.refunded == charge.paid:
        return "refunded", "refunded"
    return "approved", "partially_refunded" if charge.refunded else "accredited"


def _refunded(refund: Refund) -> dict[str, Any]:
    return {
        "id": int(refund.id),
        "payment_id": int(refund.charge.id),
        "amount": _money(refund.amount),
        "status": "approved" if refund.state is State.PAID else "rejected",
        "date_created": _text(refund.asked_at),
        "metadata": {},
        "reason": None,
    }


def _collector(charge: Charge) -> int:
    """Return whose the money is; somebody else's number for a charge that went elsewhere."""
    own = int(charge.account.id)
    return own if charge.payee == charge.account.id else own + 1


def _money(cents: int) -> float | int:
    """Return pesos as JSON numbers come: whole ones without decimals."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def _amount(value: Any) -> int:
    try:
        cents = Decimal(str(value)) * 100
    except InvalidOperation:
        cents = Decimal(0)
    if isinstance(value, bool) or cents <= 0 or cents != int(cents):
        raise Refusal(_error(400, "bad_request", "Invalid transaction_amount", "4037"))
    return int(cents)


def _read(request: Request) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError:
        raise Refusal(_error(400, "bad_request", "The body does not have valid JSON")) from None


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _MEXICO).isoformat(timespec="milliseconds")


def _moment(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise Refusal(_error(400, "bad_request", "Invalid date", "23")) from None


def _error(status: int, error: str, words: str, cause: str = "") -> Response:
    causes = [{"code": int(cause) if cause.isdigit() else cause, "description": words}]
    return answer(
        {"message": words, "error": error, "status": status, "cause": causes if cause else []},
        status,
    )
