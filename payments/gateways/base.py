"""What every provider is asked, and what it may say. One contract test holds all to this page.

Amounts are whole minor units of an ISO 4217 currency; phones are E.164 (`+254712345678`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol


class Environment(StrEnum):
    SANDBOX = "sandbox"
    LIVE = "live"


class Means(StrEnum):
    """What a guest pays with."""

    PHONE = "phone"  # a prompt on the phone, confirmed with a PIN
    CARD = "card"  # a token that the provider's own page made of a card


@dataclass(frozen=True)
class Field:
    """One of a provider's further credentials (`extra`)."""

    name: str
    secret: bool = False
    required: bool = False
    pattern: str = r".{1,255}"
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Account:
    """An operator's account at a provider: one version of its credentials."""

    environment: Environment
    api_key: str
    private_key: str = field(repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    identity: str = ""  # who the provider says this is; "" until verified


@dataclass(frozen=True)
class ChargeRequest:
    """A charge to make. `reference` is ours, and never used for another charge."""

    reference: str
    amount: int
    currency: str
    description: str
    callback_url: str
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    card_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Asked:
    """A charge that was made or tried: how to find it again."""

    reference: str
    amount: int
    currency: str
    started_at: datetime
    provider_ref: str = ""  # the provider's id; "" if its answer never came
    receipt: str = ""
    phone: str = field(default="", repr=False)


class Outcome(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"  # all of it
    DISPUTED = "disputed"  # charged back, reversed or in mediation


@dataclass(frozen=True)
class Charge:
    """What a provider, asked with the account's own keys, says of a charge.

    None or "": it did not say. `amount` is what the guest paid and `refunded` what of it went back.
    """

    outcome: Outcome
    provider_ref: str
    reference: str = ""
    receipt: str = ""
    amount: int | None = None
    currency: str = ""
    account: str = ""  # comparable with Account.identity
    live: bool | None = None
    refunded: int = 0
    # Whose it was, where a list tells nothing of our reference.
    phone: str = field(default="", repr=False)
    reason: str = ""  # why it failed: insufficient_funds, cancelled, no_answer, wrong_pin, …
    paid_at: datetime | None = None
    pay_url: str = ""  # where the guest goes on: a voucher to pay at a counter, a bank's question


@dataclass(frozen=True)
class RefundRequest:
    """Money to give back. `reference` is ours, and never used for another refund."""

    reference: str
    charge: Asked
    amount: int
    reason: str
    callback_url: str


class RefundOutcome(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Refund:
    """What a provider says of a refund."""

    outcome: RefundOutcome
    provider_ref: str
    amount: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Delivery:
    """A webhook as it came: header names in lower case, the body untouched."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Topic(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    OTHER = "other"  # a ping, or a type that we do not know: kept, answered, and left alone


@dataclass(frozen=True)
class Event:
    """What a webhook is about. A hint only: the truth is what the provider says when asked.

    `key` is the same for the same event delivered again, and for no other of the account. All but
    `refund_ref` is about the charge, also where the event is about giving it back.
    """

    key: str
    topic: Topic
    reference: str = ""
    provider_ref: str = ""
    receipt: str = ""
    refund_ref: str = ""  # the provider's id of the refund
    amount: int | None = None  # only where no question to the provider would tell (Daraja)


class Gateway(Protocol):
    """One provider. Stateless but for its cached access tokens; safe for threads.

    Every call ends within `deadline` seconds, whatever the provider does, and raises nothing but
    `GatewayError`s. Nothing here retries but a call whose access token had just expired.
    """

    slug: ClassVar[str]
    name: ClassVar[str]  # as people write it
    means: ClassVar[frozenset[Means]]
    currencies: ClassVar[frozenset[str]]
    fields: ClassVar[tuple[Field, ...]]
    # Whether the same charge sent again, with the same reference, is one charge.
    charges_once: ClassVar[bool]
    can_look_up: ClassVar[bool]  # by our reference, when there is no provider_ref
    can_refund: ClassVar[bool]
    can_refund_in_parts: ClassVar[bool]
    can_list: ClassVar[bool]

    def check_account(self, account: Account) -> Mapping[str, str]:
        """Return what is wrong with the keys by their look alone: sentences by field."""
        ...

    def check_charge(self, request: ChargeRequest) -> Mapping[str, str]:
        """Return what the provider would refuse, before anything is sent: sentences by field."""
        ...

    def verify(self, account: Account, *, deadline: float) -> str:
        """Return who the provider says this account is. Raises `KeysRefused` for bad keys."""
        ...

    def charge(self, account: Account, request: ChargeRequest, *, deadline: float) -> Charge:
        """Ask for the money. Raises `Declined`, `NotSent` (and so `KeysRefused`) or `Unknown`."""
        ...

    def fetch(self, account: Account, asked: Asked, *, deadline: float) -> Charge:
        """Return how a charge with a `provider_ref` stands. Raises `Absent`, `NotSent`, `Unknown`."""
        ...

    def look_up(self, account: Account, asked: Asked, *, deadline: float) -> Charge | None:
        """Return the charge with our reference, None if there is none; only if `can_look_up`."""
        ...

    def refund(self, account: Account, request: RefundRequest, *, deadline: float) -> Refund:
        """Give money back. Raises `Declined`, `NotSent` or `Unknown`; only if `can_refund`."""
        ...

    def fetch_refund(
        self, account: Account, request: RefundRequest, provider_ref: str, *, deadline: float
    ) -> Refund:
        """Return how a refund stands. Without a `provider_ref`, find it by what was asked."""
        ...

    def charges(
        self, account: Account, since: datetime, until: datetime, *, deadline: float
    ) -> Iterator[Charge]:
        """Yield what the provider has of that time, the oldest first; only if `can_list`."""
        ...

    def check_webhook(self, account: Account, delivery: Delivery) -> None:
        """Raise `BadSignature` unless the account's provider has sent this. Never calls anybody."""
        ...

    def read_webhook(self, delivery: Delivery) -> Event:
        """Return what a webhook is about. Raises `BadWebhook`; never calls anybody."""
        ...

    def without_secrets(self, delivery: Delivery) -> bytes:
        """Return the body as it may be kept: with no shared secret in it."""
        ...
