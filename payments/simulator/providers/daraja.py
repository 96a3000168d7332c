"""Safaricom Daraja (Kenya): M-Pesa prompts at the source. Nothing is signed."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

from payments.simulator.accounts import Account, Tokens
from payments.simulator.bank import Bank
from payments.simulator.charges import Change, Charge, State
from payments.simulator.messages import Refusal, Request, Response, answer, dump
from payments.simulator.providers.base import Provider, route
from payments.simulator.stories import Answer
from payments.simulator.webhooks import Webhook

_NAIROBI = timezone(timedelta(hours=3))
_PHONE = re.compile(r"254[17][0-9]{8}")
_MOST = 250_000  # shillings at a time
_KINDS = frozenset({"CustomerPayBillOnline", "CustomerBuyGoodsOnline"})

_DONE = (0, "The service request is processed successfully.")
_WHY = {
    Answer.INSUFFICIENT: (1, "The balance is insufficient for the transaction."),
    Answer.CANCEL: (1032, "Request cancelled by user."),
    Answer.NO_ANSWER: (1037, "DS timeout user cannot be reached."),
    Answer.WRONG_PIN: (2001, "The initiator information is invalid."),
    Answer.EXPIRED: (1019, "Transaction has expired."),
    Answer.LIMIT: (17, "Transaction limit exceeded."),
    Answer.LOCKED: (1001, "Unable to lock subscriber."),
    Answer.DECLINED: (9999, "An error occurred while sending a push request."),
}


class Daraja(Provider):
    slug = "daraja"
    prefix = "/daraja"
    currency = "KES"
    # How callbacks are tried again is not published; taken as: they are not.

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank)
        self._tokens = Tokens()
        self.token_lifetime = 3599

    def new_account(self, environment: str) -> Account:
        shortcode = self.ids.digits(6)
        return Account(
            provider=self.slug,
            environment=environment,
            id=shortcode,
            api_key=self.ids.text(48),
            private_key=self.ids.text(64),
            extra={"shortcode": shortcode, "passkey": self.ids.hex(64)},
        )

    def reset(self) -> None:
        super().reset()
        self.token_lifetime = 3599
        self._tokens.clear()

    def revoke_tokens(self, account: Account) -> None:
        self._tokens.revoke_all(account)

    def failed(self, status: int) -> Response:
        code = {404: "404.001.01", 429: "500.003.02", 500: "500.003.1001"}
        words = {404: "Resource not found", 429: "Spike arrest violation"}
        return self._error(
            status,
            code.get(status, f"{status}.001"),
            words.get(status, HTTPStatus(status).phrase),
        )

    def _error(self, status: int, code: str, words: str) -> Response:
        ref = f"{self.ids.digits(5)}-{self.ids.digits(8)}-1"
        return answer({"requestId": ref, "errorCode": code, "errorMessage": words}, status)

    # Access tokens

    @route("GET", "/oauth/v1/generate", "token")
    def make_token(self, request: Request) -> Response:
        if request.query.get("grant_type") != "client_credentials":
            return self._error(400, "400.008.02", "Invalid grant type passed")
        account = self._client(request)
        text = self._tokens.make(self.ids.text(28), account, self.clock.now(), self.token_lifetime)
        return answer({"access_token": text, "expires_in": str(self.token_lifetime)})

    def _client(self, request: Request) -> Account:
        given = request.headers.get("authorization", "")
        for account in self.accounts:
            pair = f"{account.api_key}:{account.private_key}".encode()
            if given == f"Basic {base64.b64encode(pair).decode()}":
                return account
        raise Refusal(self._error(400, "400.008.01", "Invalid Authentication passed"))

    def _account(self, request: Request) -> Account:
        token = self._tokens.find(request.bearer)
        if token is None or self.clock.now() >= token.made_at + token.lifetime:
            # Not 401: the status is the code's first part.
            raise Refusal(self._error(404, "404.001.03", "Invalid Access Token"))
        return token.account

    # Payments

    @route("POST", "/mpesa/stkpush/v1/processrequest", "charge")
    def charge(self, request: Request) -> Response:
        account = self._account(request)
        data = self._read(request)
        self._check_password(account, data)
        charge = Charge(
            id=f"ws_CO_{self._stamp()}{self.ids.digits(9)}",
            account=account,
            amount=self._amount(data) * 100,
            currency=self.currency,
            story=self.story_of(str(data.get("PhoneNumber"))),
            made_at=self.clock.now(),
            reference=str(data.get("AccountReference") or ""),
            phone=str(data.get("PhoneNumber")),
            callback_url=str(data.get("CallBackURL") or ""),
            details={"merchant_request": f"{self.ids.digits(5)}-{self.ids.digits(8)}-1"},
        )
        self._check(data, account, charge)
        return self.take(charge, self._taken)

    def _taken(self, charge: Charge) -> Response:
        return answer(
            {
                "MerchantRequestID": charge.details["merchant_request"],
                "CheckoutRequestID": charge.id,
                "ResponseCode": "0",
                "ResponseDescription": "Success. Request accepted for processing",
                "CustomerMessage": "Success. Request accepted for processing",
            }
        )

    @route("POST", "/mpesa/stkpushquery/v1/query", "fetch")
    def query(self, request: Request) -> Response:
        account = self._account(request)
        data = self._read(request)
        self._check_password(account, data)
        charge = self.bank.find(self.slug, str(data.get("CheckoutRequestID")))
        if charge is None or charge.account is not account:
            raise Refusal(self._bad("CheckoutRequestID"))
        if charge.state is State.WAITING:
            return self._error(500, "500.001.1001", "The transaction is being processed")
        code, words = _result(charge)
        return answer(
            {
                "ResponseCode": "0",
                "ResponseDescription": "The service request has been accepted successsfully",
                "MerchantRequestID": charge.details["merchant_request"],
                "CheckoutRequestID": charge.id,
                "ResultCode": str(code),
                "ResultDesc": words,
            }
        )

    def _read(self, request: Request) -> dict[str, Any]:
        try:
            return request.json()
        except ValueError:
            raise Refusal(self._error(400, "400.002.05", "Invalid Request Payload")) from None

    def _check_password(self, account: Account, data: dict[str, Any]) -> None:
        shortcode, stamp = str(data.get("BusinessShortCode")), str(data.get("Timestamp"))
        if shortcode != account.id:
            raise Refusal(self._error(500, "500.001.1001", "Merchant does not exist"))
        if not re.fullmatch(r"[0-9]{14}", stamp):
            raise Refusal(self._bad("Timestamp"))
        password = base64.b64encode(f"{shortcode}{account.extra['passkey']}{stamp}".encode())
        if data.get("Password") != password.decode():
            raise Refusal(self._error(500, "500.001.1001", "Wrong credentials"))

    def _check(self, data: dict[str, Any], account: Account, charge: Charge) -> None:
        texts = (
            (charge.reference, "AccountReference", 12),
            (str(data.get("TransactionDesc") or ""), "TransactionDesc", 13),
        )
        for text, name, most in texts:
            if not 1 <= len(text) <= most:
                raise Refusal(self._bad(name))
        for name in ("PhoneNumber", "PartyA"):
            if not _PHONE.fullmatch(str(data.get(name))):
                raise Refusal(self._bad(name))
        if data.get("TransactionType") not in _KINDS:
            raise Refusal(self._bad("TransactionType"))
        if str(data.get("PartyB")) != account.id:
            raise Refusal(self._bad("PartyB"))
        if not charge.callback_url.startswith(("http://", "https://")):
            raise Refusal(self._bad("CallBackURL"))

    def _amount(self, data: dict[str, Any]) -> int:
        text = str(data.get("Amount"))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= _MOST:
            raise Refusal(self._bad("Amount"))
        return int(text)

    def _bad(self, name: str) -> Response:
        return self._error(400, "400.002.02", f"Bad Request - Invalid {name}")

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self.clock.now(), _NAIROBI).strftime("%d%m%Y%H%M%S")

    # Callbacks

    def sign(
        self, account: Account, body: bytes, now: float
    ) -> tuple[dict[str, str], dict[str, str]]:
        return {}, {}

    def tell(self, charge: Charge, change: Change) -> list[Webhook]:
        # What is taken back on the guest's side, no callback tells.
        if change not in (Change.PAID, Change.FAILED):
            return []
        return [self.webhook(charge, "callback", charge.callback_url, dump(_callback(charge)))]


def _result(charge: Charge) -> tuple[int, str]:
    return _WHY[charge.failure] if charge.failure else _DONE


def _callback(charge: Charge) -> dict[str, Any]:
    code, words = _result(charge)
    told: dict[str, Any] = {
        "MerchantRequestID": charge.details["merchant_request"],
        "CheckoutRequestID": charge.id,
        "ResultCode": code,
        "ResultDesc": words,
    }
    if charge.state is State.PAID:
        paid_at = datetime.fromtimestamp(charge.paid_at, _NAIROBI)
        told["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": charge.paid / 100},
                {"Name": "MpesaReceiptNumber", "Value": charge.receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(paid_at.strftime("%Y%m%d%H%M%S"))},
                {"Name": "PhoneNumber", "Value": int(charge.phone)},
            ]
        }
    return {"Body": {"stkCallback": told}}
