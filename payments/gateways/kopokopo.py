"""Kopo Kopo (K2 Connect): prompts on M-Pesa phones in Kenya, paid into a till."""

import hmac
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

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
from payments.gateways.errors import (
    Absent,
    BadSignature,
    BadWebhook,
    Declined,
    KeysRefused,
    Unknown,
)
from payments.gateways.http import Answer, Deadline, refusal
from payments.gateways.provider import Provider, found, same, secret_of, unanswered
from payments.gateways.reading import dig, text
from payments.gateways.tokens import Tokens, token_of

# Its pages name two hosts, and its answers may link to the other one.
_OTHER_LIVE_HOST = "https://app.kopokopo.com"
# What is made in version 2 may be linked to in version 1.
_VERSIONS = ("api/v2", "api/v1")
_ID = re.compile(r"/([0-9A-Za-z-]{1,64})/?\Z")
_SHORTEST = timedelta(minutes=1)
_TAKEN_BACK = {"reversed", "refunded"}


class KopoKopo(Provider):
    slug = "kopokopo"
    name = "Kopo Kopo"
    hosts = {
        Environment.SANDBOX: "https://sandbox.kopokopo.com",
        Environment.LIVE: "https://api.kopokopo.com",
    }
    means = frozenset({Means.PHONE})
    currencies = frozenset({"KES"})
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "till_number",
            required=True,
            pattern=r"[Kk][0-9]{4,9}",
            help="Enter the till of the online payments account: K and digits, such as K123456.",
        ),
        Field("webhook_key", secret=True, pattern=r"[!-~]{8,255}", help="Enter the API key."),
    )
    can_refund = True
    can_refund_in_parts = False
    can_list = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tokens = Tokens(self._new_token)

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        return mpesa.problems(request)

    def verify(self, account: Account, *, deadline: float) -> str:
        # Nothing tells whose till the keys open; that it is theirs shows in each charge.
        self._new_token(account, Deadline(deadline))
        return _till(account.extra.get("till_number"))

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        body: dict[str, Any] = {
            "payment_channel": "M-PESA STK Push",
            "till_number": account.extra.get("till_number", "").upper(),
            "subscriber": {"phone_number": request.phone},
            "amount": {"currency": request.currency, "value": reading.number(request.amount)},
            "metadata": {"reference": request.reference},
            "_links": {"callback_url": request.callback_url},
        }
        if request.email:
            body["subscriber"] |= {"email": request.email}
        until = Deadline(deadline)
        answer = self._call(account, "POST", "api/v2/incoming_payments", until, body)
        if answer.status != 201:
            raise refusal(answer, code=_reason(answer.data))
        return Charge(Outcome.PENDING, self._made(account, answer), reference=request.reference)

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        answer = self._get(
            account, f"incoming_payments/{quote(asked.provider_ref, safe='')}", Deadline(deadline)
        )
        said = dig(answer.data, "data")
        return found(_charge(dig(said, "attributes"), text(dig(said, "id"))), asked)

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        if request.amount != request.charge.amount:
            raise Declined("refund_in_parts", "Kopo Kopo reverses whole payments only.")
        if not request.charge.receipt:
            raise Declined("receipt_unknown")
        body = {
            "transaction_reference": request.charge.receipt,
            "reason": request.reason,
            "metadata": {"reference": request.charge.reference, "refund": request.reference},
            "_links": {"callback_url": request.callback_url},
        }
        answer = self._call(account, "POST", "api/v2/reversals", Deadline(deadline), body)
        if answer.status != 201:
            raise refusal(answer, code="cannot_refund")
        return Refund(RefundOutcome.PENDING, self._made(account, answer))

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        if not provider_ref:
            # It reverses a payment once, so the payment itself tells.
            charge = self.fetch(account, request.charge, deadline=deadline)
            if charge.outcome is not Outcome.REFUNDED:
                raise Absent("refund_absent")
            return Refund(RefundOutcome.SUCCEEDED, "", amount=charge.refunded)
        answer = self._get(account, f"reversals/{quote(provider_ref, safe='')}", Deadline(deadline))
        said = dig(answer.data, "data", "attributes")
        status = text(dig(said, "status")).casefold()
        if not status:
            raise Unknown("bad_answer")
        outcome = {
            "success": RefundOutcome.SUCCEEDED,
            "processed": RefundOutcome.SUCCEEDED,
            "reversed": RefundOutcome.SUCCEEDED,
            "failed": RefundOutcome.FAILED,
        }.get(status, RefundOutcome.PENDING)
        failed = outcome is RefundOutcome.FAILED
        reason = _reason({"attributes": said}) if failed else ""
        return Refund(outcome, provider_ref, reason=reason)

    def charges(
        self, account: Account, since: datetime, until: datetime, *, deadline: float
    ) -> Iterator[Charge]:
        """Yield what came into the till: with its receipt, and without our reference."""
        rows = self._transactions(account, since, until, Deadline(deadline))
        received = [_received(dig(row, "resource")) for row in rows]
        # By the receipt: where a time was halved, what came at that moment is in both halves.
        charges = {charge.receipt: charge for charge in received if charge}
        yield from sorted(charges.values(), key=lambda charge: charge.paid_at or since)

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        # Its pages say both: signed with the API key, and with the client secret.
        secrets = secret_of(account.extra.get("webhook_key", ""), account.private_key)
        signed = delivery.headers.get("x-kopokopo-signature", "")
        made = [hmac.digest(secret, delivery.body, "sha256").hex() for secret in secrets]
        if not any(same(signed, signature) for signature in made):
            raise BadSignature("bad_signature")

    def read_webhook(self, delivery: Delivery) -> Event:
        said = reading.parse(delivery.body)
        event = _result(dig(said, "data")) if dig(said, "data") else _notice(said)
        if not event:
            raise BadWebhook("bad_webhook")
        return event

    # --- Calls ------------------------------------------------------------------------------

    def _new_token(self, account: Account, deadline: Deadline) -> tuple[str, float]:
        answer = self._client.send(
            account.environment,
            "POST",
            "oauth/token",
            deadline=deadline,
            form={
                "client_id": account.api_key,
                "client_secret": account.private_key,
                "grant_type": "client_credentials",
            },
        )
        token, life = token_of(answer.data)
        if answer.is_ok and token:
            return token, life
        if answer.status in {400, 401, 403} and isinstance(answer.data, dict):
            raise KeysRefused("keys_refused")
        raise unanswered(answer)

    def _call(
        self, account: Account, method: str, path: str, deadline: Deadline, body: Any = None
    ) -> Answer:
        def send(token: str) -> Answer:
            headers = {"Authorization": f"Bearer {token}"}
            return self._ask(account, method, path, deadline, body=body, headers=headers)

        return self._tokens.call(account, deadline, send)

    def _get(self, account: Account, what: str, deadline: Deadline) -> Answer:
        for version in _VERSIONS:
            answer = self._call(account, "GET", f"{version}/{what}", deadline)
            if answer.status == 200:
                return answer
            if answer.status != 404:
                break
        raise unanswered(answer)

    def _made(self, account: Account, answer: Answer) -> str:
        """Return the id of what a POST has made: the end of the link that is all of its answer."""
        link = answer.headers.get("location", "")
        others = [_OTHER_LIVE_HOST] if account.environment is Environment.LIVE else []
        made = _ID.search(link)
        if not made or not self._client.is_own_link(account.environment, link, *others):
            raise Unknown("foreign_link")
        return made[1]

    def _transactions(
        self, account: Account, since: datetime, until: datetime, deadline: Deadline
    ) -> list[Any]:
        """Return what came in in a time; it has no pages, so a time with too much is halved."""
        body = {
            "scope": "till",
            "scope_reference": _till(account.extra.get("till_number")),
            "from_time": since.isoformat(),
            "to_time": until.isoformat(),
        }
        answer = self._call(account, "POST", "api/v2/polling", deadline, body)
        if answer.status != 201:
            raise unanswered(answer)
        try:
            return self._polled(account, self._made(account, answer), deadline)
        except Unknown as error:
            if error.code != "answer_too_large" or until - since < _SHORTEST:
                raise
        middle = since + (until - since) / 2
        return [
            *self._transactions(account, since, middle, deadline),
            *self._transactions(account, middle, until, deadline),
        ]

    def _polled(self, account: Account, poll: str, deadline: Deadline) -> list[Any]:
        while deadline.remaining() > 1:
            said = dig(self._get(account, f"polling/{poll}", deadline).data, "data", "attributes")
            if text(dig(said, "status")).casefold() in {"success", "processed"}:
                return reading.rows(dig(said, "transactions"))
            time.sleep(min(1.0, deadline.remaining() / 4))
        raise Unknown("provider_timeout")


def _till(value: object) -> str:
    """Return a till's number as it is compared: some answers leave the K out."""
    return text(value).upper().removeprefix("K")


def _phone(value: object) -> str:
    """Return a number as E.164, "" for one that is masked or hashed."""
    number = re.fullmatch(r"(?:\+?254|0)([17][0-9]{8})", text(value))
    return f"+254{number[1]}" if number else ""


def _charge(said: Any, provider_ref: str) -> Charge | None:
    """Return what the attributes of an incoming payment say; None if they say nothing."""
    status = text(dig(said, "status")).casefold()
    if not status:
        return None
    resource = dig(said, "event", "resource")
    charge = Charge(
        Outcome.PENDING,
        provider_ref,
        reference=text(dig(said, "metadata", "reference")),
        receipt=text(dig(resource, "reference")),
        amount=reading.minor(dig(resource, "amount")),
        currency=text(dig(resource, "currency")),
        account=_till(dig(resource, "till_number")),
        phone=_phone(dig(resource, "sender_phone_number")),
        paid_at=reading.when(dig(resource, "origination_time")),
    )
    if status == "failed":
        return replace(charge, outcome=Outcome.FAILED, reason=_reason({"attributes": said}))
    if not resource or status not in {"success", "received", "processed", *_TAKEN_BACK}:
        return charge
    if {status, text(dig(resource, "status")).casefold()} & _TAKEN_BACK:
        return replace(charge, outcome=Outcome.REFUNDED, refunded=charge.amount or 0)
    return replace(charge, outcome=Outcome.SUCCEEDED)


def _received(resource: Any) -> Charge | None:
    """Return what a till's transaction says."""
    charge = _charge({"status": "received", "event": {"resource": resource}}, "")
    return charge if charge and charge.receipt else None


def _reason(data: Any) -> str:
    """Return why something failed: errors are a sentence, or a list of codes with sentences."""
    attributes = dig(data, "attributes")
    errors = dig(attributes, "event", "errors") or dig(attributes, "errors") or dig(data, "errors")
    first = dig(errors, 0)
    words = errors if isinstance(errors, str) else dig(first, "description") or first
    if not words:
        words = dig(data, "error_message")
    # 501, which is none of M-Pesa's, comes with the words that tell.
    return mpesa.reason(dig(first, "code"), words)


def _result(data: Any) -> Event | None:
    """Return what the result of a charge or a reversal, sent to its own address, is about."""
    kind, made = text(dig(data, "type")), text(dig(data, "id"))
    status = text(dig(data, "attributes", "status"))
    if not made or not kind:
        return None
    metadata = dig(data, "attributes", "metadata")
    is_charge = kind == "incoming_payment"
    is_refund = kind in {"reversal", "reversals"}
    return Event(
        key=f"{kind}:{made}:{status}"[:200],
        topic=Topic.CHARGE if is_charge else Topic.REFUND if is_refund else Topic.OTHER,
        reference=text(dig(metadata, "reference")),
        provider_ref=made if is_charge else "",
        refund_ref=made if is_refund else "",
        receipt=text(dig(data, "attributes", "event", "resource", "reference")),
    )


def _notice(said: Any) -> Event | None:
    """Return what a subscription's webhook is about: money in a till, with nothing of ours on it."""
    topic, sent = text(dig(said, "topic")), text(dig(said, "id"))
    if topic and sent:
        is_money = topic in {"buygoods_transaction_received", "buygoods_transaction_reversed"}
        return Event(
            key=f"{topic}:{sent}"[:200],
            topic=Topic.CHARGE if is_money else Topic.OTHER,
            receipt=text(dig(said, "event", "resource", "reference")),
        )
    # The same in Safaricom's own words, for tills that are set to it.
    if receipt := text(dig(said, "TransID")):
        return Event(key=f"buygoods:{receipt}", topic=Topic.CHARGE, receipt=receipt)
    return None
