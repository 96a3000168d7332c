"""Conekta (Mexico): orders paid by card or at a counter; webhooks with RSA signatures."""

from __future__ import annotations

import base64
import re
from functools import cache
from http import HTTPStatus
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from payments.simulator.accounts import Account
from payments.simulator.charges import Change, Charge, Refund, State
from payments.simulator.messages import Refusal, Request, Response, answer, dump
from payments.simulator.providers import cards
from payments.simulator.providers.base import Provider, given, route
from payments.simulator.stories import UNTOLD, Answer, Story
from payments.simulator.webhooks import Ladder, Webhook

_DAY = 86400.0
_VOUCHER_SECONDS = 3 * _DAY
_CARD = re.compile(r"tok_test_([a-z_]+?)(?:_[0-9]{4})?(?:_[0-9]{3})?")
_OUTCOMES = {
    "visa": Answer.PIN,
    "mastercard": Answer.PIN,
    "amex": Answer.PIN,
    "card_declined": Answer.DECLINED,
    "insufficient_funds": Answer.INSUFFICIENT,
}
_WHY = {
    Answer.INSUFFICIENT: (
        "conekta.errors.processing.bank.insufficient_funds",
        "Esta tarjeta no tiene fondos suficientes para completar la compra.",
    ),
    Answer.DECLINED: (
        "conekta.errors.processing.bank.declined",
        "La tarjeta ingresada ha sido declinada. Por favor intenta con otro método de pago.",
    ),
}
_MOST_KEYS = 4


class Conekta(Provider):
    slug = "conekta"
    prefix = "/conekta"
    currency = "MXN"
    # That it tries again is published, but not when; these waits are our own.
    ladder = Ladder(waits=(60.0, 300.0, 900.0, 3600.0, _DAY), accepted=frozenset({200}))

    def new_account(self, environment: str) -> Account:
        key = _private_key(len(self.accounts) % _MOST_KEYS)
        return Account(
            provider=self.slug,
            environment=environment,
            id=self.ids.hex(24),
            api_key=f"key_{self.ids.text(23)}",
            private_key=f"key_{self.ids.text(23)}",
            extra={"webhook_public_key": _public_pem(key)},
            secrets={"keys": [(self.ids.hex(24), key)], "events": []},
        )

    def failed(self, status: int) -> Response:
        kind = {404: "resource_not_found_error", 429: "too_many_requests_error"}
        code = "conekta.errors." + {404: "resource_not_found"}.get(status, "api")
        return self._error(status, kind.get(status, "api_error"), code, HTTPStatus(status).phrase)

    def _error(self, status: int, kind: str, code: str, words: str, **more: Any) -> Response:
        details = [{"code": code, "message": words, "debug_message": words, "param": None}]
        return answer(
            {
                "details": details,
                "object": "error",
                "type": kind,
                "log_id": self.ids.hex(24),
                **more,
            },
            status,
        )

    def _invalid(self, words: str) -> Refusal:
        code = "conekta.errors.parameter_validation.invalid"
        return Refusal(self._error(422, "parameter_validation_error", code, words))

    def _account(self, request: Request) -> Account:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        for account in self.accounts:
            basic = base64.b64encode(f"{account.private_key}:".encode()).decode()
            if (kind, text) in (("Bearer", account.private_key), ("Basic", basic)):
                return account
        raise Refusal(
            self._error(
                401,
                "authentication_error",
                "conekta.errors.authentication.invalid_key",
                "Acceso no autorizado.",
            )
        )

    # The account

    @route("GET", "/ping", "verify")
    def ping(self, request: Request) -> Response:
        self._account(request)
        return answer({"status": 200})

    @route("GET", "/companies/current", "verify")
    def company(self, request: Request) -> Response:
        account = self._account(request)
        return answer({"id": account.id, "name": account.name, "active": True, "object": "company"})

    @route("GET", "/balance", "verify")
    def balance(self, request: Request) -> Response:
        left = sum(charge.left for charge in self.bank.of_account(self._account(request)))
        return answer({"available": [{"amount": left, "currency": "MXN"}], "pending": []})

    # Orders

    @route("POST", "/orders", "charge")
    def charge(self, request: Request) -> Response:
        account = self._account(request)
        data = self._read(request)
        method = self._method(data)
        charge = Charge(
            id=f"ord_{self.ids.text(17)}",
            account=account,
            amount=self._amount(data),
            currency=self.currency,
            story=self._story(method),
            made_at=self.clock.now(),
            reference=str(given(data, "metadata", "reference") or ""),
            details={
                "charge": self.ids.hex(24),
                "customer": data["customer_info"],
                "items": data["line_items"],
                "metadata": data.get("metadata") or {},
                "method": method,
                "voucher": self.ids.digits(14),
                "checkout": data.get("checkout"),
                "page": f"{request.base.removesuffix(self.prefix)}/",
            },
        )
        if method["type"] == "card":
            return self.take(charge, self._taken)
        until = method.get("expires_at")
        patience = until - self.clock.now() if isinstance(until, int) else _VOUCHER_SECONDS
        return self.take(charge, self._taken, patience=max(0.0, patience))

    def _taken(self, charge: Charge) -> Response:
        if charge.details["method"]["type"] == "card":
            cards.settle(self.bank, charge)
        if charge.state is State.FAILED:
            code, words = _WHY.get(charge.failure or Answer.DECLINED, _WHY[Answer.DECLINED])
            return self._error(402, "processing_error", code, words, data=_order(charge))
        return answer(_order(charge), 201)

    def _read(self, request: Request) -> dict[str, Any]:
        try:
            return request.json()
        except ValueError:
            raise self._invalid("The body is not valid JSON.") from None

    def _amount(self, data: dict[str, Any]) -> int:
        customer, items = data.get("customer_info"), data.get("line_items")
        if data.get("currency") != "MXN":
            raise self._invalid("The currency must be MXN.")
        for name in ("name", "email", "phone"):
            if not given({"customer": customer}, "customer", name):
                raise self._invalid(f"The customer's {name} is missing.")
        if not isinstance(items, list) or not items:
            raise self._invalid("The order has no line items.")
        prices = [(item.get("unit_price"), item.get("quantity")) for item in items]
        if not all(type(price) is int and type(many) is int for price, many in prices):
            raise self._invalid("unit_price and quantity must be integers.")
        amount = sum(price * many for price, many in prices)
        if amount < 1:
            raise self._invalid("The amount must be positive.")
        return int(amount)

    def _method(self, data: dict[str, Any]) -> dict[str, Any]:
        if isinstance(data.get("checkout"), dict):
            return {"type": "checkout", "expires_at": data["checkout"].get("expires_at")}
        charges = data.get("charges")
        method = charges[0].get("payment_method") if isinstance(charges, list) and charges else None
        if given({"method": method}, "method", "type") not in ("card", "cash", "spei"):
            raise self._invalid("The payment method is not valid.")
        return dict(method or {})

    def _story(self, method: dict[str, Any]) -> Story:
        if method["type"] != "card":
            return UNTOLD
        token = str(method.get("token_id") or "")
        card = _CARD.fullmatch(token)
        if not card or card[1] not in _OUTCOMES:
            raise self._invalid("The token does not exist.")
        return cards.story_of(token, _OUTCOMES[card[1]])

    @route("GET", "/orders/([^/]+)", "fetch")
    def fetch(self, request: Request, ref: str) -> Response:
        return answer(_order(self._find(request, ref)))

    @route("GET", "/orders", "look_up")
    def search(self, request: Request) -> Response:
        found = self.bank.of_account(self._account(request))[::-1]
        if wanted := request.query.get("search"):
            found = [charge for charge in found if wanted in _searched(charge)]
        ids = [charge.id for charge in found]
        after = request.query.get("next", "")
        start = ids.index(after) + 1 if after in ids else 0
        limit = max(1, min(int(request.query.get("limit", 20)), 250))
        page = found[start : start + limit]
        has_more = len(found) > start + limit
        here = f"{request.base}/orders?limit={limit}"
        return answer(
            {
                "object": "list",
                "has_more": has_more,
                "next_page_url": f"{here}&next={page[-1].id}" if has_more else None,
                "previous_page_url": None,
                "data": [_order(charge) for charge in page],
            }
        )

    @route("POST", "/orders/([^/]+)/cancel", "cancel")
    def cancel(self, request: Request, ref: str) -> Response:
        charge = self._find(request, ref)
        if charge.state is not State.WAITING:
            raise self._invalid("The order cannot be canceled.")
        self.bank.answer(charge, Answer.CANCEL)
        return answer(_order(charge))

    @route("POST", "/orders/([^/]+)/refunds", "refund")
    def refund(self, request: Request, ref: str) -> Response:
        charge = self._find(request, ref)
        data = self._read(request)
        amount = data.get("amount", charge.left)
        if not data.get("reason"):
            raise self._invalid("The reason is missing.")
        if type(amount) is not int or not 0 < amount <= charge.left:
            raise self._invalid("The amount is more than what can be refunded.")
        refund = Refund(
            id=self.ids.hex(24),
            charge=charge,
            amount=amount,
            reason=str(data["reason"]),
            asked_at=self.clock.now(),
        )
        self.bank.refund(refund, at_once=True)
        return answer(_order(charge))

    def _find(self, request: Request, ref: str) -> Charge:
        account = self._account(request)
        charge = self.bank.find(self.slug, ref)
        if charge is None or charge.account is not account:
            raise Refusal(self.failed(404))
        return charge

    # Webhooks, their keys and their events

    @route("POST", "/webhook_keys", "webhooks")
    def make_key(self, request: Request) -> Response:
        keys = self._account(request).secrets["keys"]
        key = _private_key(_MOST_KEYS + len(keys) % _MOST_KEYS)
        keys.append((self.ids.hex(24), key))
        return answer(_shown_key(keys[-1][0], _public_pem(key)))

    @route("GET", "/webhook_keys", "webhooks")
    def list_keys(self, request: Request) -> Response:
        keys = self._account(request).secrets["keys"]
        shown = [_shown_key(ref, None) for ref, _ in keys]
        return answer({"object": "list", "has_more": False, "data": shown})

    @route("POST", "/webhooks", "webhooks")
    def make_webhook(self, request: Request) -> Response:
        account = self._account(request)
        account.webhook_url = str(self._read(request).get("url") or "")
        ref = self.ids.hex(24)
        event = self._event(account, "webhook_ping", {"livemode": account.live, "action": "ping"})
        ping = Webhook(
            id=ref,
            account=account,
            topic="webhook_ping",
            url=account.webhook_url,
            body=dump(event),
            sign=self.sign,
            ladder=self.ladder,
        )
        self.bank.webhooks.send(ping)
        return answer({"id": ref, "url": account.webhook_url, "object": "webhook"})

    @route("GET", "/events", "list")
    def events(self, request: Request) -> Response:
        events = self._account(request).secrets["events"]
        shown = [event for event, _ in reversed(events)]
        return answer({"object": "list", "has_more": False, "data": shown})

    @route("POST", "/events/([^/]+)/resend", "list")
    def resend(self, request: Request, ref: str) -> Response:
        for event, webhook in self._account(request).secrets["events"]:
            if event["id"] == ref:
                self.bank.webhooks.send(webhook)
                return answer(event)
        return self.failed(404)

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        _, key = account.secrets["keys"][-1]
        digest = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
        return {}, {"DIGEST": base64.b64encode(digest).decode()}

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        if change is Change.STARTED and charge.details["method"]["type"] == "card":
            return []
        order = _order(charge)
        kind = "pending_payment" if change is Change.STARTED else order["payment_status"]
        told = [self._told(charge, f"order.{kind}", order)]
        if change is Change.PAID:
            told.append(self._told(charge, "charge.paid", order["charges"]["data"][0]))
        return told

    def _told(self, charge: Charge, topic: str, shown: dict[str, Any]) -> Webhook:
        account = charge.account
        event = self._event(account, topic, {"object": shown, "previous_attributes": {}})
        webhook = self.webhook(charge, topic, account.webhook_url, dump(event))
        account.secrets["events"].append((event, webhook))
        return webhook

    def _event(self, account: Account, topic: str, data: dict[str, Any]) -> dict[str, Any]:
        log = {
            "id": f"webhl_{self.ids.text(17)}",
            "url": account.webhook_url,
            "failed_attempts": 0,
            "last_http_response_status": -1,
            "last_attempted_at": 0,
            "object": "webhook_log",
            "response_data": None,
        }
        return {
            "data": data,
            "livemode": account.live,
            "webhook_status": "pending",
            "webhook_logs": [log],
            "id": self.ids.hex(24),
            "object": "event",
            "type": topic,
            "created_at": int(self.clock.now()),
        }


def _order(charge: Charge) -> dict[str, Any]:
    details = charge.details
    order = {
        "id": charge.id,
        "object": "order",
        "livemode": charge.account.live,
        "amount": charge.paid or charge.amount,
        "currency": charge.paid_currency or charge.currency,
        "payment_status": _status(charge),
        "amount_refunded": charge.refunded,
        "customer_info": {"object": "customer_info", **details["customer"]},
        "metadata": details["metadata"],
        "is_refundable": charge.left > 0,
        "created_at": int(charge.made_at),
        "updated_at": int(charge.changed_at),
        "line_items": _list([{"object": "line_item", **item} for item in details["items"]]),
        "charges": _list([_charge(charge)]),
    }
    if details["checkout"] is not None:
        url = details["page"]
        order["checkout"] = {"object": "checkout", **details["checkout"], "url": url}
    return order


def _charge(charge: Charge) -> dict[str, Any]:
    code, words = _WHY.get(charge.failure, (None, None)) if charge.failure else (None, None)
    return {
        "id": charge.details["charge"],
        "object": "charge",
        "status": _status(charge),
        "amount": charge.paid or charge.amount,
        "currency": charge.paid_currency or charge.currency,
        "fee": charge.amount * 4 // 100,
        "order_id": charge.id,
        "paid_at": int(charge.paid_at) if charge.paid else None,
        "failure_code": code,
        "failure_message": words,
        "payment_method": _shown_method(charge),
    }


def _shown_method(charge: Charge) -> dict[str, Any]:
    method = charge.details["method"]
    if method["type"] == "card":
        return {"object": "card_payment", "type": "credit", "brand": "visa", "last4": "4242"}
    return {
        "object": "cash_payment",
        "type": "oxxo",
        "service_name": "OxxoPay",
        "store_name": "OXXO",
        "reference": charge.details["voucher"],
        "barcode_url": f"{charge.details['page']}?voucher={charge.details['voucher']}",
        "expires_at": method.get("expires_at"),
    }


def _status(charge: Charge) -> str:
    if charge.state is State.WAITING:
        return "pending_payment"
    if charge.state is State.FAILED:
        other = {Answer.NO_ANSWER: "expired", Answer.EXPIRED: "expired", Answer.CANCEL: "canceled"}
        is_card = charge.details["method"]["type"] == "card"
        return "declined" if is_card else other.get(charge.failure or Answer.DECLINED, "declined")
    if charge.is_disputed or charge.is_reversed:
        return "charged_back"
    if charge.refunded:
        return "refunded" if charge.refunded == charge.paid else "partially_refunded"
    return "paid"


def _searched(charge: Charge) -> set[str]:
    details = charge.details
    values = {str(value) for value in details["metadata"].values()}
    return values | {charge.id, str(details["customer"].get("email")), details["voucher"]}


def _list(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "has_more": False, "total": len(rows), "data": rows}


def _shown_key(ref: str, pem: str | None) -> dict[str, Any]:
    return {"id": ref, "active": True, "object": "webhook_key", "public_key": pem}


@cache
def _private_key(number: int) -> rsa.RSAPrivateKey:
    """Return one of a few keys: each takes a tenth of a second to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
