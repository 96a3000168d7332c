"""Mercado Pago in Mexico: cards, by tokens that its own page makes of them."""

import hmac
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

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
from payments.gateways.errors import (
    Absent,
    BadSignature,
    BadWebhook,
    KeysRefused,
    Unknown,
)
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

_HOST = "https://api.mercadopago.com"
_MEXICO = "MLM"
_TOLERANCE = 300  # seconds that a signature may be old, or our clocks apart
_PAGE = 50
_STATUSES = {
    "approved": Outcome.SUCCEEDED,
    "rejected": Outcome.FAILED,
    "cancelled": Outcome.FAILED,
    "refunded": Outcome.REFUNDED,
    "charged_back": Outcome.DISPUTED,
    "in_mediation": Outcome.DISPUTED,
}
_REFUND_STATUSES = {
    "approved": RefundOutcome.SUCCEEDED,
    "rejected": RefundOutcome.FAILED,
    "cancelled": RefundOutcome.FAILED,
}
# What has happened to the money comes before what was tried in vain.
_TELLING = (
    Outcome.SUCCEEDED,
    Outcome.DISPUTED,
    Outcome.REFUNDED,
    Outcome.PENDING,
    Outcome.FAILED,
)


class MercadoPago(Provider):
    slug = "mercadopago"
    name = "Mercado Pago"
    hosts = {Environment.SANDBOX: _HOST, Environment.LIVE: _HOST}
    means = frozenset({Means.CARD})
    currencies = frozenset({"MXN"})
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "webhook_secret",
            secret=True,
            required=True,
            pattern=r"[!-~]{16,255}",
            help="Enter the secret signature of your application's webhooks.",
        ),
    )
    charges_once = True
    can_look_up = True
    can_refund = True
    can_list = True

    def check_account(self, account: Account) -> Mapping[str, str]:
        problems = dict(super().check_account(account))
        # Those of test users look like real ones, so the reverse cannot be told.
        if account.environment is Environment.LIVE and account.private_key.startswith("TEST-"):
            problems["private_key"] = "This is a test access token; live ones begin with APP_USR-."
        return problems

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        return cards.problems(request)

    def verify(self, account: Account, *, deadline: float) -> str:
        answer = self._ask(account, "GET", "users/me", Deadline(deadline))
        if answer.status != 200:
            raise unverified(answer)
        identity, site = text(dig(answer.data, "id")), text(dig(answer.data, "site_id"))
        if not identity:
            raise Unknown("bad_answer")
        if site != _MEXICO:
            raise KeysRefused("wrong_country", "These keys are of an account outside Mexico.")
        return identity

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        method, _, token = request.card_token.rpartition(":")
        body = {
            "transaction_amount": reading.number(request.amount),
            "token": token,
            "description": request.description,
            "installments": 1,
            "payer": {"email": request.email},
            "external_reference": request.reference,
            "notification_url": request.callback_url,
            "binary_mode": True,  # a card is charged or refused, and never thought about for days
        }
        if method:
            body["payment_method_id"] = method
        answer = self._post(account, "v1/payments", body, request.reference, Deadline(deadline))
        if not answer.is_ok:
            raise refusal(answer, code=_error_code(answer.data))
        return taken(_charge(answer.data), request)

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        path = f"v1/payments/{quote(asked.provider_ref, safe='')}"
        return found(_charge(self._get(account, path, Deadline(deadline))), asked)

    def look_up(self, account: Account, asked: Asked, *, deadline: float) -> Charge | None:
        query = {"external_reference": asked.reference}
        searched = self._search(account, query, Deadline(deadline))
        ours = [charge for charge in searched if charge.reference == asked.reference]
        return min(ours, key=lambda charge: _TELLING.index(charge.outcome), default=None)

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        path = f"v1/payments/{quote(request.charge.provider_ref, safe='')}/refunds"
        body = {"amount": reading.number(request.amount)}
        answer = self._post(account, path, body, request.reference, Deadline(deadline))
        if not answer.is_ok:
            raise refusal(answer, code="cannot_refund")
        refund = _refund(answer.data)
        if not refund:
            raise Unknown("bad_answer")
        return refund

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        path = f"v1/payments/{quote(request.charge.provider_ref, safe='')}/refunds"
        rows = reading.rows(self._get(account, path, Deadline(deadline)))
        refunds = [refund for row in rows if (refund := _refund(row))]
        if provider_ref:
            ours = [refund for refund in refunds if refund.provider_ref == provider_ref]
        else:
            ours = [refund for refund in refunds if refund.amount == request.amount]
        if not ours:
            raise Absent("refund_absent")
        if len(ours) > 1:
            # None of them says for which of our requests it was made.
            raise Unknown("ambiguous_refund")
        return ours[0]

    def charges(
        self, account: Account, since: datetime, until: datetime, *, deadline: float
    ) -> Iterator[Charge]:
        query = {
            "range": "date_created",
            "begin_date": since.isoformat(timespec="milliseconds"),
            "end_date": until.isoformat(timespec="milliseconds"),
            "sort": "date_created",
            "criteria": "asc",
        }
        yield from self._search(account, query, Deadline(deadline))

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        [secret] = secret_of(account.extra.get("webhook_secret", ""))
        signed = re.fullmatch(
            r"\s*ts=([0-9]{1,16})\s*,\s*v1=([0-9a-f]{64})\s*",
            delivery.headers.get("x-signature", ""),
        )
        if not signed or abs(time.time() - _seconds(signed[1])) > _TOLERANCE:
            raise BadSignature("bad_signature")
        # Its pages say that the id is signed in lower case, and its libraries sign it as it is.
        named = delivery.query.get("data.id", "")
        if not re.fullmatch(r"[0-9A-Za-z_-]{0,64}", named):
            raise BadSignature("bad_signature")  # it could hold the other parts, moved into it
        manifests = [_manifest(name, delivery, signed[1]) for name in (named, named.lower())]
        made = [hmac.digest(secret, manifest, "sha256").hex() for manifest in manifests]
        if not any(same(signed[2], signature) for signature in made):
            raise BadSignature("bad_signature")

    def read_webhook(self, delivery: Delivery) -> Event:
        """Return what it is about: of all that came, nothing but the id in the query was signed."""
        said = reading.parse(delivery.body)
        named = text(delivery.query.get("data.id", ""))
        kind = text(delivery.query.get("type") or dig(said, "type"))
        if not named or not kind:
            raise BadWebhook("bad_webhook")
        is_payment = kind == "payment"
        return Event(
            # With the id that was signed, so that a forged number blocks no other payment's events.
            key=f"{kind}:{named}:{text(dig(said, 'id'))}:{text(dig(said, 'action'))}"[:200],
            topic=Topic.CHARGE if is_payment else Topic.OTHER,
            provider_ref=named if is_payment else "",
        )

    # --- Calls ------------------------------------------------------------------------------

    def _post(self, account: Account, path: str, body: Any, key: str, deadline: Deadline) -> Answer:
        """Have something done; the second time with the same key, only the answer comes again."""
        headers = {"X-Idempotency-Key": key}
        return self._ask(account, "POST", path, deadline, body=body, headers=headers)

    def _get(
        self,
        account: Account,
        path: str,
        deadline: Deadline,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        answer = self._ask(account, "GET", path, deadline, params=params)
        if answer.status != 200:
            raise unanswered(answer)
        return answer.data

    def _search(
        self, account: Account, query: Mapping[str, str], deadline: Deadline
    ) -> Iterator[Charge]:
        offset = 0
        while True:
            page = {"limit": str(_PAGE), "offset": str(offset)}
            data = self._get(account, "v1/payments/search", deadline, {**query, **page})
            rows = dig(data, "results")
            if not isinstance(rows, list):
                raise Unknown("bad_answer")
            yield from filter(None, map(_charge, rows))
            if len(rows) < _PAGE:
                return
            offset += _PAGE


def _charge(said: Any) -> Charge | None:
    """Return what a payment says; None if it says nothing."""
    ref, status = text(dig(said, "id")), text(dig(said, "status"))
    if not ref or not status:
        return None
    outcome = _STATUSES.get(status, Outcome.PENDING)
    live = dig(said, "live_mode")
    is_pending = outcome is Outcome.PENDING
    return Charge(
        outcome,
        ref,
        reference=text(dig(said, "external_reference")),
        amount=reading.minor(dig(said, "transaction_amount")),
        currency=text(dig(said, "currency_id")),
        account=text(dig(said, "collector_id") or dig(said, "collector", "id")),
        live=live if isinstance(live, bool) else None,
        refunded=reading.minor(dig(said, "transaction_amount_refunded")) or 0,
        reason=_reason(said) if outcome is Outcome.FAILED else "",
        paid_at=reading.when(dig(said, "date_approved")),
        pay_url=reading.link(dig(said, "transaction_details", "external_resource_url"))
        if is_pending
        else "",
    )


def _reason(said: Any) -> str:
    detail = text(dig(said, "status_detail"))
    if dig(said, "status") == "cancelled":
        return "no_answer" if detail == "expired" else "cancelled"
    return cards.reason(detail)


def _error_code(data: Any) -> str:
    causes = [text(dig(cause, "code")) for cause in reading.rows(dig(data, "cause"))]
    # The token is none, is of somebody else, or was used.
    return "card_token_invalid" if {"2006", "2062", "3003"} & {*causes} else "refused"


def _refund(said: Any) -> Refund | None:
    ref, status = text(dig(said, "id")), text(dig(said, "status"))
    if not ref or not status:
        return None
    outcome = _REFUND_STATUSES.get(status, RefundOutcome.PENDING)
    reason = "refused" if outcome is RefundOutcome.FAILED else ""
    return Refund(outcome, ref, amount=reading.minor(dig(said, "amount")), reason=reason)


def _seconds(stamp: str) -> float:
    """Return a signature's time in seconds: its pages say milliseconds, its examples show both."""
    number = int(stamp)
    return number / 1000 if number >= 10**12 else number


def _manifest(named: str, delivery: Delivery, stamp: str) -> bytes:
    """Return what is signed; a part that is not there is left out."""
    parts = {"id": named, "request-id": delivery.headers.get("x-request-id", ""), "ts": stamp}
    text = "".join(f"{name}:{value};" for name, value in parts.items() if value)
    return text.encode(errors="replace")
