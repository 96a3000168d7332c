"""The only place from which providers are asked. Never in a transaction, and never for long.

What goes wrong comes out as a `GatewayError`, whose class says what may be done next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from cloudpilot.crypto import SecretUnreadable
from payments.gateways import base
from payments.gateways.base import Account, Asked, Charge, ChargeRequest, Gateway, RefundRequest
from payments.gateways.errors import Absent, KeysRefused, NotSent, Unknown
from payments.models import Attempt, CredentialsVersion, Payment, Refund
from payments.providers import account_of, gateway_of

CHARGE_SECONDS = 15.0
QUESTION_SECONDS = 8.0
LIST_SECONDS = 60.0

# Between the prompt and the payment that a list shows, our clock and the provider's apart.
_EARLIEST = timedelta(minutes=-1)
_LATEST = timedelta(minutes=10)


@contextmanager
def _readable() -> Iterator[None]:
    """Take keys that do not open for keys that the provider would refuse."""
    try:
        yield
    except SecretUnreadable:
        raise KeysRefused("keys_unreadable") from None


@_readable()
def charge(payment: Payment, attempt: Attempt) -> Charge:
    """Ask for the money. Raises `Declined`, `NotSent` or `Unknown`.

    Never with keys of an account that nobody has named: the money could go to anybody's.
    """
    request = ChargeRequest(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        description=payment.package_name,
        callback_url=payment.credentials.webhook_url if payment.credentials else "",
        phone=payment.phone or "",
        email=payment.email or "",
        card_token=payment.card_token or "",
    )
    gateway, account = _way_to(payment)
    if payment.credentials_version and not account.identity:
        account = replace(account, identity=_identity_of(payment.credentials_version))
    return gateway.charge(account, request, deadline=CHARGE_SECONDS)


def _identity_of(version: CredentialsVersion) -> str:
    """Do as `identify`, before a charge: whatever went wrong, nothing was charged."""
    try:
        return identify(version)
    except Unknown as error:
        raise NotSent(error.code) from None


@_readable()
def identify(version: CredentialsVersion) -> str:
    """Return, and keep, whose account these keys open. Raises `NotSent` (`KeysRefused`), `Unknown`."""
    gateway = gateway_of(version.credentials.provider)
    version.identity = gateway.verify(account_of(version), deadline=QUESTION_SECONDS)
    version.verified_at = timezone.now()
    version.save(update_fields=["identity", "verified_at"])
    return version.identity


@_readable()
def fetch(payment: Payment, *, provider_ref: str = "", receipt: str = "") -> Charge:
    """Return how the payment's charge stands.

    The keys are those that the charge was made with, whatever replaced them since. A webhook may
    tell the `provider_ref` and `receipt` before anybody else does. Raises `Absent`, `NotSent` and
    `Unknown`, that too if there is nothing to ask by.
    """
    asked = _asked(payment)
    gateway, account = _way_to(payment)
    Payment.objects.filter(pk=payment.pk).update(asked_at=timezone.now(), polls=F("polls") + 1)
    if ref := asked.provider_ref or provider_ref:
        asked = replace(asked, provider_ref=ref, receipt=asked.receipt or receipt)
        return gateway.fetch(account, asked, deadline=QUESTION_SECONDS)
    if gateway.can_look_up:
        found = gateway.look_up(account, asked, deadline=QUESTION_SECONDS)
        if found is None:
            raise Absent("absent")
        return found
    if gateway.can_list and (found := _find_listed(payment, asked)):
        return found
    raise Unknown("nothing_to_ask_by")


def _find_listed(payment: Payment, asked: Asked) -> Charge | None:
    """Return the money that can only be this payment's: of that phone, amount and time.

    For providers that show what they took, and not for which of our references.
    """
    version = payment.credentials_version
    if version is None or not asked.phone:
        return None
    since, until = asked.started_at + _EARLIEST, asked.started_at + _LATEST
    for found in charges(version, since, until, deadline=QUESTION_SECONDS):
        is_theirs = found.phone == asked.phone and found.amount == asked.amount
        is_then = found.paid_at is not None and since <= found.paid_at <= until
        if is_theirs and is_then and not _is_known(payment, found):
            return found
    return None


def _is_known(payment: Payment, found: Charge) -> bool:
    """Whether what a list shows has paid for something already."""
    others = Payment.objects.filter(credentials=payment.credentials_id).exclude(pk=payment.pk)
    return others.filter(provider_receipt=found.receipt).exists()


@_readable()
def charges(
    version: CredentialsVersion, since: datetime, until: datetime, *, deadline: float = LIST_SECONDS
) -> Iterator[Charge]:
    """Yield what the provider has of that time; only where its gateway `can_list`."""
    gateway = gateway_of(version.credentials.provider)
    return gateway.charges(account_of(version), since, until, deadline=deadline)


@_readable()
def refund(refund: Refund) -> base.Refund:
    """Give money back. Raises `Declined`, `NotSent` or `Unknown`."""
    gateway, account = _way_to(refund.payment)
    return gateway.refund(account, _refund_request(refund), deadline=CHARGE_SECONDS)


@_readable()
def fetch_refund(refund: Refund) -> base.Refund:
    """Return how a refund stands. Raises `Absent`, `NotSent` and `Unknown`."""
    gateway, account = _way_to(refund.payment)
    return gateway.fetch_refund(
        account, _refund_request(refund), refund.provider_ref, deadline=QUESTION_SECONDS
    )


def _refund_request(refund: Refund) -> RefundRequest:
    payment = refund.payment
    return RefundRequest(
        reference=refund.public_id.hex,
        charge=replace(_asked(payment), amount=payment.received, currency=payment.money_currency),
        amount=refund.amount,
        reason=refund.reason,
        callback_url=payment.credentials.webhook_url if payment.credentials else "",
    )


def _asked(payment: Payment) -> Asked:
    """Return how the payment's last attempt is found. Raises `Absent` if there was none."""
    attempt = payment.attempts.order_by("-number").first()
    if attempt is None:
        raise Absent("never_charged")
    return Asked(
        reference=attempt.reference,
        amount=payment.amount,
        currency=payment.currency,
        started_at=attempt.started_at,
        provider_ref=payment.provider_ref,
        receipt=payment.provider_receipt,
        phone=payment.phone or "",
    )


def _way_to(payment: Payment) -> tuple[Gateway, Account]:
    if payment.credentials_version is None:
        raise KeysRefused("no_keys")
    return gateway_of(payment.provider), account_of(payment.credentials_version)
