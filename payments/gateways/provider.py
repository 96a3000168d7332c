"""What the gateways have in common, and what they answer where a provider cannot do a thing."""

import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from payments.gateways.base import (
    Account,
    Asked,
    Charge,
    ChargeRequest,
    Delivery,
    Environment,
    Field,
    Means,
    Outcome,
    Refund,
    RefundRequest,
)
from payments.gateways.errors import (
    Absent,
    BadSignature,
    Declined,
    GatewayError,
    NotSent,
    Unknown,
)
from payments.gateways.http import Answer, Client, Deadline, refusal


class Provider:
    """A gateway that says no to everything; each provider's own says more."""

    slug: ClassVar[str]
    name: ClassVar[str]
    hosts: ClassVar[Mapping[Environment, str]]
    means: ClassVar[frozenset[Means]]
    currencies: ClassVar[frozenset[str]]
    fields: ClassVar[tuple[Field, ...]] = ()
    charges_once: ClassVar[bool] = False
    can_look_up: ClassVar[bool] = False
    can_refund: ClassVar[bool] = False
    can_refund_in_parts: ClassVar[bool] = True
    can_list: ClassVar[bool] = False

    def __init__(
        self, *, base_url: str = "", before_call: Callable[[], None] | None = None
    ) -> None:
        self._client = Client(self.hosts, base_url=base_url, before_call=before_call)

    def check_account(self, account: Account) -> Mapping[str, str]:
        problems = {
            field: "Enter printable ASCII characters, without spaces."
            for field in ("api_key", "private_key")
            if not re.fullmatch(r"[!-~]{1,255}", getattr(account, field))
        }
        known = {field.name: field for field in self.fields}
        for name in account.extra.keys() - known.keys():
            problems[name] = f"{self.name} has no such field."
        for name, field in known.items():
            if problem := _problem(field, account.extra.get(name, "")):
                problems[name] = problem
        return problems

    def _ask(
        self,
        account: Account,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what the provider answers to whoever shows the account's private key."""
        return self._client.send(
            account.environment,
            method,
            path,
            deadline=deadline,
            headers={"Authorization": f"Bearer {account.private_key}"} | dict(headers or {}),
            params=params,
            body=body,
        )

    def look_up(self, account: Account, asked: Asked, *, deadline: float) -> Charge | None:
        raise Unknown("cannot_look_up")

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        raise Declined("cannot_refund")

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        raise Unknown("cannot_refund")

    def charges(
        self, account: Account, since: datetime, until: datetime, *, deadline: float
    ) -> Iterator[Charge]:
        raise Unknown("cannot_list")

    def without_secrets(self, delivery: Delivery) -> bytes:
        return delivery.body


def _problem(field: Field, value: str) -> str:
    if not value:
        return "This field is required." if field.required else ""
    if field.choices and value not in field.choices:
        return f"Choose one of {', '.join(field.choices)}."
    if not re.fullmatch(field.pattern, value):
        return field.help or "This is not what the provider gives out."
    return ""


def secret_of(*secrets: str) -> list[bytes]:
    """Return the secrets that are set. Raises `BadSignature` if none is: anybody could sign."""
    if not any(secrets):
        raise BadSignature("misconfigured", "No secret is set to verify webhooks with.")
    return [secret.encode() for secret in secrets if secret]


def same(left: str, right: str) -> bool:
    """Compare what somebody sent with what it should be, in a time that tells nothing."""
    return hmac.compare_digest(left.encode(errors="replace"), right.encode(errors="replace"))


def taken(charge: Charge | None, request: ChargeRequest) -> Charge:
    """Return what a provider said of a charge that it was just asked for, if that is what it is.

    Raises `Unknown` if it is not, and `Declined` for one that was refused at once.
    """
    if not charge or charge.reference != request.reference:
        raise Unknown("bad_answer")
    if charge.outcome is Outcome.FAILED:
        raise Declined(charge.reason, provider_ref=charge.provider_ref)
    return charge


def found(charge: Charge | None, asked: Asked) -> Charge:
    """Return what a provider said of a charge, if it is the one that was asked after."""
    if not charge or charge.provider_ref != asked.provider_ref:
        raise Unknown("bad_answer")
    return charge


def unanswered(answer: Answer) -> GatewayError:
    """Return the error that an unwelcome answer to a mere question means: nobody said no to money.

    That there is no such thing must come as data. A page that says so is no provider's answer.
    """
    if answer.status == 404 and isinstance(answer.data, dict):
        return Absent("absent")
    error = refusal(answer)
    return error if isinstance(error, NotSent | Unknown) else Unknown("bad_answer")


def unverified(answer: Answer) -> GatewayError:
    """Return the error that an unwelcome answer to "whose keys are these?" means.

    That the account itself is not there is no answer: whoever has keys has one.
    """
    error = unanswered(answer)
    return Unknown("bad_answer") if isinstance(error, Absent) else error
