"""Kopo Kopo (K2 Connect, Kenya): M-Pesa prompts, told of by callback and by subscription."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from payments.simulator.accounts import Account, Tokens
from payments.simulator.bank import Bank
from payments.simulator.charges import Change, Charge, Refund, State
from payments.simulator.messages import Refusal, Request, Response, answer, dump
from payments.simulator.providers.base import Provider, given, route
from payments.simulator.stories import Answer
from payments.simulator.webhooks import Webhook

_NAIROBI = timezone(timedelta(hours=3))
_PHONE = re.compile(r"(\+?254|0)[0-9]{9}")
_API = r"/api/v[12]"

_WHY = {
    Answer.INSUFFICIENT: ("1", "Insufficient funds"),
    Answer.CANCEL: ("1032", "Request cancelled by user"),
    Answer.NO_ANSWER: ("1037", "The initiator did not respond in time"),
    Answer.WRONG_PIN: ("2001", "The initiator information is invalid"),
    Answer.EXPIRED: ("1019", "Transaction has expired"),
    Answer.LIMIT: ("17", "Transaction limit exceeded"),
    Answer.LOCKED: ("1001", "Unable to lock subscriber"),
    Answer.DECLINED: ("9999", "Request failed"),
}


class KopoKopo(Provider):
    slug = "kopokopo"
    prefix = "/kopokopo"
    currency = "KES"

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank)
        self._tokens = Tokens()
        self._answers: dict[tuple[Account, str], dict[str, Any]] = {}  # of pollings

    def new_account(self, environment: str) -> Account:
        till = f"K{self.ids.digits(6)}"
        return Account(
            provider=self.slug,
            environment=environment,
            id=till,
            api_key=self.ids.text(43),
            private_key=self.ids.text(43),
            extra={"till_number": till, "webhook_key": self.ids.hex(40)},
        )

    def reset(self) -> None:
        super().reset()
        self._tokens.clear()
        self._answers.clear()

    def revoke_tokens(self, account: Account) -> None:
        self._tokens.revoke_all(account)

    def failed(self, status: int) -> Response:
        return _error(status, str(status), HTTPStatus(status).phrase)

    # Access tokens

    @route("POST", "/oauth/token", "token")
    def make_token(self, request: Request) -> Response:
        form = request.form()
        account = self._client(form)
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(
                400, "unsupported_grant_type", "The grant type is not supported by this server."
            )
        now = self.clock.now()
        text = self._tokens.make(self.ids.text(43), account, now, self.token_lifetime)
        return answer(
            {
                "access_token": text,
                "token_type": "Bearer",
                "expires_in": self.token_lifetime,
                "created_at": int(now),
            }
        )

    @route("GET", "/oauth/token/info", "verify")
    def token_info(self, request: Request) -> Response:
        account = self._account(request)
        token = self._tokens.find(request.bearer)
        left = token.made_at + token.lifetime - self.clock.now() if token else 0
        return answer(
            {
                "resource_owner_id": None,
                "scope": [],
                "expires_in": int(left),
                "application": {"uid": account.api_key},
                "created_at": int(token.made_at if token else 0),
            }
        )

    @route("POST", "/oauth/introspect", "verify")
    def introspect(self, request: Request) -> Response:
        form = request.form()
        account = self._client(form)
        token = self._tokens.find(form.get("token", ""))
        if not token or token.account is not account or self._is_over(token):
            return answer({"active": False})
        ends = int(token.made_at + token.lifetime)
        return answer(
            {"active": True, "client_id": account.api_key, "token_type": "Bearer", "exp": ends}
        )

    @route("POST", "/oauth/revoke", "token")
    def revoke(self, request: Request) -> Response:
        form = request.form()
        self._client(form)
        self._tokens.revoke(form.get("token", ""))
        return answer({})

    def _client(self, form: dict[str, str]) -> Account:
        for account in self.accounts:
            if (form.get("client_id"), form.get("client_secret")) == (
                account.api_key,
                account.private_key,
            ):
                return account
        raise Refusal(
            _oauth_error(
                401,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication "
                "included, or unsupported authentication method.",
            )
        )

    def _account(self, request: Request) -> Account:
        token = self._tokens.find(request.bearer)
        if token is None:
            raise Refusal(_error(401, "InvalidAccessToken", "The access token is invalid"))
        if self._is_over(token):
            raise Refusal(_error(401, "ExpiredAccessToken", "The access token expired"))
        return token.account

    def _is_over(self, token: Any) -> bool:
        return bool(self.clock.now() >= token.made_at + token.lifetime)

    # Payments

    @route("POST", f"{_API}/incoming_payments", "charge")
    def charge(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        phone = str(given(data, "subscriber", "phone_number") or "")
        charge = Charge(
            id=self.ids.uuid(),
            account=account,
            amount=_amount(given(data, "amount", "value")),
            currency=self.currency,
            story=self.story_of(phone),
            made_at=self.clock.now(),
            reference=str(given(data, "metadata", "reference") or ""),
            phone=phone,
            callback_url=_callback(data),
            details={"metadata": _metadata(data), "subscriber": data.get("subscriber")},
        )
        _check(data, account, charge)
        charge.details["self"] = f"{self._base(request)}/incoming_payments/{charge.id}"
        return self.take(charge, lambda made: _created(made.details["self"]))

    @route("GET", f"{_API}/incoming_payments/([^/]+)", "fetch")
    def fetch(self, request: Request, ref: str) -> Response:
        return answer(_payment(self._charge(request, ref)))

    @route("POST", f"{_API}/webhook_subscriptions", "subscribe")
    def subscribe(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        kind, scope = data.get("event_type"), data.get("scope")
        if str(kind).startswith("buygoods") and scope != "till":
            raise Refusal(_error(400, "400", "scope must be till for this event type"))
        if not str(data.get("url") or "").startswith("http"):
            raise Refusal(_error(400, "400", "url is invalid"))
        account.secrets.setdefault("subscriptions", []).append((kind, data["url"]))
        return _created(f"{self._base(request)}/webhook_subscriptions/{self.ids.uuid()}")

    def _charge(self, request: Request, ref: str) -> Charge:
        account = self._account(request)
        charge = self.bank.find(self.slug, ref)
        if charge is None or charge.account is not account:
            raise Refusal(self.failed(404))
        return charge

    def _base(self, request: Request) -> str:
        """Return where the answer's links point: the sandbox's show version 1."""
        return f"{request.base}/api/v1"

    # Reversals and what was received in a time

    @route("POST", f"{_API}/reversals", "refund")
    def reverse(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        receipt = data.get("transaction_reference")
        paid = [one for one in self.bank.of_account(account) if receipt and one.receipt == receipt]
        if not paid:
            raise Refusal(_error(404, "404", "Transaction not found"))
        if not data.get("reason"):
            raise Refusal(_error(400, "400", "reason is missing"))
        if not paid[0].left or any(one.state is State.WAITING for one in paid[0].refunds):
            raise Refusal(_error(400, "400", "Transaction already reversed"))
        refund = Refund(
            id=self.ids.uuid(),
            charge=paid[0],
            amount=paid[0].left,
            reason=str(data["reason"]),
            asked_at=self.clock.now(),
            callback_url=_callback(data),
            details={"metadata": _metadata(data)},
        )
        refund.details["self"] = f"{self._base(request)}/reversals/{refund.id}"
        self.bank.refund(refund)
        return _created(refund.details["self"])

    @route("GET", f"{_API}/reversals/([^/]+)", "fetch_refund")
    def fetch_reversal(self, request: Request, ref: str) -> Response:
        account = self._account(request)
        for charge in self.bank.of_account(account):
            for refund in charge.refunds:
                if refund.id == ref:
                    return answer(_reversal(refund))
        raise Refusal(self.failed(404))

    @route("POST", f"{_API}/polling", "list")
    def poll(self, request: Request) -> Response:
        account = self._account(request)
        data = _read(request)
        since, until = _time(data.get("from_time")), _time(data.get("to_time"))
        till = str(data.get("scope_reference")).removeprefix("K")
        if data.get("scope") == "till" and till != account.id.removeprefix("K"):
            raise Refusal(_error(404, "404", "Till not found"))
        found = [
            {"type": "Buygoods Transaction", "resource": _resource(charge)}
            for charge in self.bank.of_account(account)
            if charge.paid and since <= charge.paid_at <= until
        ]
        ref = self.ids.uuid()
        here = f"{self._base(request)}/polling/{ref}"
        self._answers[account, ref] = {
            "data": {
                "id": ref,
                "type": "polling",
                "attributes": {
                    "status": "Success",
                    "from_time": data.get("from_time"),
                    "to_time": data.get("to_time"),
                    "transactions": found,
                    "_links": {"callback_url": _callback(data), "self": here},
                },
            }
        }
        return _created(here)

    @route("GET", f"{_API}/polling/([^/]+)", "list")
    def fetch_polling(self, request: Request, ref: str) -> Response:
        found = self._answers.get((self._account(request), ref))
        return answer(found) if found else self.failed(404)

    # Webhooks

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        key = account.extra["webhook_key"].encode()
        return {}, {"X-KopoKopo-Signature": hmac.new(key, body, hashlib.sha256).hexdigest()}

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        if change in (Change.STARTED, Change.DISPUTED):
            return []
        told = []
        if change in (Change.PAID, Change.FAILED):
            told.append(
                self.webhook(charge, "callback", charge.callback_url, dump(_payment(charge)))
            )
        refund = charge.last_refund
        if change is Change.REFUNDED and refund:
            told.append(
                self.webhook(charge, "reversal", refund.callback_url, dump(_reversal(refund)))
            )
        is_refused = change is Change.REFUNDED and refund and refund.state is State.FAILED
        if charge.paid and not is_refused:
            topic = "received" if change is Change.PAID else "reversed"
            told += self._told_to_subscribers(charge, f"buygoods_transaction_{topic}")
        return told

    def _told_to_subscribers(self, charge: Charge, topic: str) -> list[Webhook]:
        account = charge.account
        urls = [url for kind, url in account.secrets.get("subscriptions", ()) if kind == topic]
        if account.webhook_url:
            urls.append(account.webhook_url)
        ref = self.ids.uuid()
        body = dump(
            {
                "topic": topic,
                "id": ref,
                "created_at": _text(self.clock.now()),
                "event": {"type": "Buygoods Transaction", "resource": _resource(charge)},
                "_links": {
                    "self": f"{self.url}/webhook_events/{ref}",
                    "resource": f"{self.url}/financial_transaction/{charge.details['resource']}",
                },
            }
        )
        return [self.webhook(charge, topic, url, body) for url in urls]


def _payment(charge: Charge) -> dict[str, Any]:
    status = {State.WAITING: "Pending", State.PAID: "Success", State.FAILED: "Failed"}
    code, words = _WHY.get(charge.failure, ("", "")) if charge.failure else ("", "")
    errors = [{"code": code, "description": words}] if charge.failure else None
    event = {
        "type": "Incoming Payment Request",
        "resource": _resource(charge) if charge.state is State.PAID else None,
        "errors": errors,
    }
    return {
        "data": {
            "id": charge.id,
            "type": "incoming_payment",
            "attributes": {
                "initiation_time": _text(charge.made_at),
                "status": status[charge.state],
                "event": None if charge.state is State.WAITING else event,
                "metadata": charge.details["metadata"],
                "_links": {"callback_url": charge.callback_url, "self": charge.details["self"]},
            },
        }
    }


def _resource(charge: Charge) -> dict[str, Any]:
    """Return the M-Pesa transaction behind a payment."""
    subscriber = charge.details["subscriber"]
    number = charge.details.setdefault("resource", f"{charge.id[:8]}-resource{charge.id[-12:]}")
    given_back = charge.is_reversed or charge.refunded
    return {
        "id": number,
        "reference": charge.receipt,
        "origination_time": _text(charge.paid_at),
        "sender_phone_number": _international(charge.phone),
        "amount": f"{Decimal(charge.paid) / 100:.1f}",
        "currency": charge.paid_currency,
        "till_number": charge.payee,
        "system": "Lipa Na M-PESA",
        "status": "Reversed" if given_back else "Received",
        "sender_first_name": given(subscriber, "first_name"),
        "sender_middle_name": None,
        "sender_last_name": given(subscriber, "last_name"),
    }


def _reversal(refund: Refund) -> dict[str, Any]:
    status = {State.WAITING: "Pending", State.PAID: "Success", State.FAILED: "Failed"}
    failed = refund.state is State.FAILED
    return {
        "data": {
            "id": refund.id,
            "type": "reversal",
            "attributes": {
                "creation_date": _text(refund.asked_at),
                "status": status[refund.state],
                "reversal_reason": refund.reason,
                "transaction_reference": refund.charge.receipt,
                "errors": "Transaction cannot be reversed" if failed else None,
                "metadata": refund.details["metadata"],
                "_links": {"callback_url": refund.callback_url, "self": refund.details["self"]},
            },
        }
    }


def _check(data: dict[str, Any], account: Account, charge: Charge) -> None:
    if data.get("payment_channel") not in ("M-PESA STK Push", "M-PESA"):
        raise Refusal(_error(400, "400", "payment_channel is invalid"))
    if data.get("till_number") != account.id:
        raise Refusal(_error(400, "400", "till_number is invalid"))
    if given(data, "amount", "currency") != "KES":
        raise Refusal(_error(400, "400", "currency is invalid"))
    if not _PHONE.fullmatch(charge.phone):
        raise Refusal(_error(400, "400", "phone_number is invalid"))
    if not charge.callback_url.startswith(("http://", "https://")):
        raise Refusal(_error(400, "400", "callback_url is invalid"))


def _read(request: Request) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError:
        raise Refusal(_error(400, "400", "The request body is not valid JSON")) from None


def _amount(value: Any) -> int:
    try:
        cents = Decimal(str(value)) * 100
    except InvalidOperation:
        cents = Decimal(0)
    if cents < 100 or cents != int(cents):
        raise Refusal(_error(400, "400", "amount is invalid"))
    return int(cents)


def _metadata(data: dict[str, Any]) -> dict[str, Any]:
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, dict) or len(metadata) > 5:
        raise Refusal(_error(400, "400", "metadata takes up to 5 pairs"))
    return metadata


def _callback(data: dict[str, Any]) -> str:
    return str(given(data, "_links", "callback_url") or "")


def _international(phone: str) -> str:
    return f"+254{phone[-9:]}"


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _NAIROBI).isoformat(timespec="milliseconds")


def _time(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refusal(_error(400, "400", "from_time or to_time is invalid")) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_NAIROBI)).timestamp()


def _created(location: str) -> Response:
    return Response(201, b"", {"Location": location})


def _error(status: int, code: str, words: str) -> Response:
    return answer({"error_code": code, "error_message": words}, status)


def _oauth_error(status: int, code: str, words: str) -> Response:
    return answer({"error": code, "error_description": words}, status)
