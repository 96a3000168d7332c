"""Daraja, Safaricom's own service: prompts on M-Pesa phones in Kenya, paid to a shortcode."""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import urlencode

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
    Topic,
)
from payments.gateways.errors import (
    Absent,
    BadWebhook,
    Declined,
    GatewayError,
    KeysRefused,
    NotSent,
    Unknown,
)
from payments.gateways.http import Answer, Deadline, refusal, retry_after
from payments.gateways.provider import Provider, unanswered
from payments.gateways.reading import dig, text
from payments.gateways.tokens import Tokens, token_of

_NAIROBI = timezone(timedelta(hours=3))  # without summer time since 1960
_STILL_OPEN = {"4999"}
# Its own front turned the call away, before anything was done.
_TURNED_AWAY = ("spike arrest", "quota")
# The shortcode or the passkey: it says so as if it had failed itself.
_UNKNOWN_KEYS = ("wrong credentials", "merchant does not exist")


class Daraja(Provider):
    slug = "daraja"
    name = "M-Pesa (Daraja)"
    hosts = {
        Environment.SANDBOX: "https://sandbox.safaricom.co.ke",
        Environment.LIVE: "https://api.safaricom.co.ke",
    }
    means = frozenset({Means.PHONE})
    currencies = frozenset({"KES"})
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "shortcode",
            required=True,
            pattern=r"[0-9]{5,7}",
            help="Enter the pay bill's number, 5 to 7 digits.",
        ),
        Field("passkey", secret=True, required=True, pattern=r"[!-~]{16,255}"),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tokens = Tokens(self._new_token)

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        return mpesa.problems(request, whole_shillings=True)

    def verify(self, account: Account, *, deadline: float) -> str:
        # Nothing tells whose shortcode the keys open: a charge of another's is refused.
        self._new_token(account, Deadline(deadline))
        return account.extra.get("shortcode", "")

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        if request.amount % 100:
            raise Declined("amount_not_whole", "M-Pesa takes whole shillings alone.")
        phone = request.phone.removeprefix("+")
        body = _signed(account) | {
            "TransactionType": "CustomerPayBillOnline",
            "Amount": request.amount // 100,
            "PartyA": phone,
            "PartyB": account.extra.get("shortcode", ""),
            "PhoneNumber": phone,
            # Nothing else that comes back with the result is ours.
            "CallBackURL": f"{request.callback_url}?{urlencode({'reference': request.reference})}",
            "AccountReference": request.reference[-12:],
            "TransactionDesc": re.sub(r"[^0-9A-Za-z ]", "", request.description)[:13] or "Internet",
        }
        until = Deadline(deadline)
        answer = self._call(account, "mpesa/stkpush/v1/processrequest", body, until)
        if not answer.is_ok:
            raise _refusal(answer)
        ref = text(dig(answer.data, "CheckoutRequestID"))
        code = text(dig(answer.data, "ResponseCode"))
        if code not in {"", "0"}:
            raise Declined(mpesa.reason(code, dig(answer.data, "ResponseDescription")))
        if not ref:
            raise Unknown("bad_answer")
        return Charge(Outcome.PENDING, ref, reference=request.reference)

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        """Return the result; of the amount it says nothing, and of the receipt neither."""
        body = _signed(account) | {"CheckoutRequestID": asked.provider_ref}
        answer = self._call(account, "mpesa/stkpushquery/v1/query", body, Deadline(deadline))
        result, words = text(dig(answer.data, "ResultCode")), dig(answer.data, "ResultDesc")
        if _is_being_processed(answer) or result in _STILL_OPEN:
            return Charge(Outcome.PENDING, asked.provider_ref)
        if answer.status == 400 and "CheckoutRequestID" in _words(answer):
            raise Absent("absent")
        if not answer.is_ok:
            error = _refusal(answer)
            raise error if isinstance(error, NotSent | Unknown) else Unknown("bad_answer")
        about = text(dig(answer.data, "CheckoutRequestID"))
        if not result or about not in {"", asked.provider_ref}:
            raise Unknown("bad_answer")
        if result == "0":
            return Charge(Outcome.SUCCEEDED, asked.provider_ref)
        return Charge(Outcome.FAILED, asked.provider_ref, reason=mpesa.reason(result, words))

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        """Let everything pass: nothing is signed, and who knows the address is asked no more.

        So nothing that it says counts before the provider, when asked, has said the same.
        """

    def read_webhook(self, delivery: Delivery) -> Event:
        said = dig(reading.parse(delivery.body), "Body", "stkCallback")
        ref, code = text(dig(said, "CheckoutRequestID")), text(dig(said, "ResultCode"))
        if not ref or not code:
            raise BadWebhook("bad_webhook")
        items = {
            text(dig(item, "Name")): dig(item, "Value")
            for item in reading.rows(dig(said, "CallbackMetadata", "Item"))
        }
        return Event(
            key=f"{ref}:{code}"[:200],
            topic=Topic.CHARGE,
            reference=text(delivery.query.get("reference", "")),
            provider_ref=ref,
            receipt=text(items.get("MpesaReceiptNumber")),
            amount=reading.minor(items.get("Amount")),
        )

    # --- Calls ------------------------------------------------------------------------------

    def _new_token(self, account: Account, deadline: Deadline) -> tuple[str, float]:
        pair = b64encode(f"{account.api_key}:{account.private_key}".encode()).decode()
        answer = self._client.send(
            account.environment,
            "GET",
            "oauth/v1/generate",
            deadline=deadline,
            headers={"Authorization": f"Basic {pair}"},
            params={"grant_type": "client_credentials"},
        )
        token, life = token_of(answer.data)
        if answer.is_ok and token:
            return token, life
        # Wrong keys are a bad request to it, and often one with no body at all.
        if answer.status in {400, 401}:
            raise KeysRefused("keys_refused")
        raise unanswered(answer)

    def _call(self, account: Account, path: str, body: Any, deadline: Deadline) -> Answer:
        def send(token: str) -> Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return self._ask(account, "POST", path, deadline, body=body, headers=headers)

        return self._tokens.call(account, deadline, send, refuses=_refuses_token)


def _signed(account: Account) -> dict[str, Any]:
    """Return what every request begins with: the shortcode, and proof of the passkey."""
    stamp = datetime.now(UTC).astimezone(_NAIROBI).strftime("%Y%m%d%H%M%S")
    shortcode = account.extra.get("shortcode", "")
    password = f"{shortcode}{account.extra.get('passkey', '')}{stamp}"
    return {
        "BusinessShortCode": shortcode,
        "Password": b64encode(password.encode()).decode(),
        "Timestamp": stamp,
    }


def _words(answer: Answer) -> str:
    words = dig(answer.data, "errorMessage")
    return words if isinstance(words, str) else ""


def _refuses_token(answer: Answer) -> bool:
    # 404.001.03 is its "Invalid Access Token".
    return answer.status == 401 or text(dig(answer.data, "errorCode")) == "404.001.03"


def _is_being_processed(answer: Answer) -> bool:
    is_so = text(dig(answer.data, "errorCode")) == "500.001.1001"
    return is_so and "being processed" in _words(answer)


def _refusal(answer: Answer) -> GatewayError:
    words = _words(answer).casefold()
    if _refuses_token(answer) or any(said in words for said in _UNKNOWN_KEYS):
        return KeysRefused("keys_refused")
    if any(said in words for said in _TURNED_AWAY):
        return NotSent("rate_limited", retry_after=retry_after(answer))
    if "lock subscriber" in words:
        return Declined("phone_busy")  # a 500, and yet a clear no
    return refusal(answer, code=mpesa.reason("", words))
