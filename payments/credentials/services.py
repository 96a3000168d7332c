"""A company's accounts at payment providers: which there are, and the keys that open them.

Keys are never written over. A change of them makes a new version, and payments under way go on
with the one that they were made with.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from cloudpilot.crypto import SecretUnreadable, digest, same
from payments import asking
from payments.errors import CredentialsInUse, FreshPasswordNeeded, ProviderUnavailable
from payments.gateways.base import Account, Environment
from payments.gateways.errors import GatewayError, KeysRefused
from payments.models import Credentials, CredentialsVersion, Payment
from payments.providers import account_of, gateway_of, slug_of
from payments.states import OPEN
from users.errors import InvalidCredentials
from users.models import Company, User
from users.services import check_credentials

_KEYS = ("environment", "api_key", "private_key", "extra")


@dataclass(frozen=True)
class Verdict:
    """What the provider says of keys; `reason` is its code if it does not take them."""

    is_valid: bool
    identity: str = ""
    reason: str = ""
    verified_at: datetime | None = None


# --- Which there are ------------------------------------------------------------------------


def active_accounts(company: Company) -> list[Credentials]:
    """Return the accounts that guests may pay into, the newest first.

    Beside a live one, those that are being tried out take nobody's play money: test cards are
    public, and what they buy is real.
    """
    accounts = list(Credentials.objects.filter(company=company).active().order_by("-pk"))
    live = [account for account in accounts if account.environment == Environment.LIVE]
    return live or accounts


def in_use(credentials: Credentials) -> CredentialsVersion:
    """Return the keys that new payments are made with, as they are now."""
    version: CredentialsVersion = credentials.versions.get(replaced_at=None)
    return version


def webhook_index(token: str) -> str:
    """Return the keyed digest under which the token of a webhook's address is found."""
    return digest(token, "payment-webhook")


def take_turns(company_id: int) -> None:
    """Make all who change a company's accounts wait for each other, until the transaction ends.

    To be taken before the lock of any one account, or two of them could wait for one another.
    """
    Company.objects.select_for_update(no_key=True).get(pk=company_id)


# --- Changes --------------------------------------------------------------------------------


@transaction.atomic
def open_account(
    company: Company,
    *,
    named: str,
    api_key: str,
    private_key: str,
    extra: Mapping[str, str | None] | None = None,
    environment: str = Environment.SANDBOX,
    label: str = "",
    is_active: bool = True,
) -> Credentials:
    """Keep a company's keys at a provider. If active, they take the place of those that were.

    Raises `ValidationError` for what cannot be keys of that provider and environment.
    """
    provider = slug_of(named) or ""
    account = Account(Environment(environment), api_key, private_key, _merged({}, extra or {}))
    _check(provider, account)
    take_turns(company.pk)
    token = secrets.token_urlsafe(32)
    credentials = Credentials(
        company=company,
        provider=provider,
        named=named,
        environment=environment,
        label=label,
        is_active=is_active,
        webhook_token=token,
        webhook_index=webhook_index(token),
    )
    if is_active:
        credentials.deactivated = _make_way(credentials)
    credentials.save()
    _write_version(credentials, account)
    return credentials


def change(credentials: Credentials, changes: Mapping[str, Any]) -> list[str]:
    """Write what differs, and return its names. The caller has taken turns and locked the row.

    An account that becomes active puts the one that was out of use: `credentials.deactivated`
    then is its id.
    """
    old = _account_in_use(credentials.in_use)
    new = replace(
        old,
        environment=Environment(changes.get("environment", old.environment)),
        api_key=changes.get("api_key", old.api_key),
        private_key=changes.get("private_key", old.private_key),
        extra=_merged(old.extra, changes.get("extra", {})),
    )
    changed = [name for name in _KEYS if getattr(new, name) != getattr(old, name)]
    if changed:
        _check(credentials.provider, new)
        _write_version(credentials, new)
    row = {name: changes[name] for name in ("label", "is_active") if name in changes}
    row["environment"] = new.environment.value
    named = [name for name, value in row.items() if getattr(credentials, name) != value]
    for name in named:
        setattr(credentials, name, row[name])
    if credentials.is_active and {"is_active", "environment"} & {*named}:
        credentials.deactivated = _make_way(credentials)
    if changed or named:
        credentials.save(update_fields=[*named, "updated_at"])
    return sorted({*changed, *named})


def remove(credentials: Credentials) -> None:
    """Delete an account from all sight. Raises `CredentialsInUse` while money is under way.

    Its keys stay, sealed: a payment that began at this very moment is still asked after with
    them, and so are those that are closed and come to be paid after all.
    """
    under_way = Payment.objects.filter(credentials=credentials).filter(
        Q(state__in=sorted(OPEN)) | Q(refund_held__gt=0)
    )
    if count := under_way.count():
        sentence = "Payments or refunds that need these credentials are under way."
        raise CredentialsInUse(sentence, count=count)
    credentials.is_active = False
    credentials.deleted_at = timezone.now()
    credentials.save(update_fields=["is_active", "deleted_at", "updated_at"])


def _make_way(newcomer: Credentials) -> int | None:
    """Put the account out of use that has the newcomer's place; returns its id, if there is one."""
    rivals = Credentials.objects.filter(
        company=newcomer.company_id, provider=newcomer.provider, environment=newcomer.environment
    )
    rival = rivals.active().exclude(pk=newcomer.pk or 0).first()
    if rival is None:
        return None
    rival.is_active = False
    rival.save(update_fields=["is_active", "updated_at"])
    return rival.pk


def _write_version(credentials: Credentials, account: Account) -> None:
    last = credentials.versions.order_by("-number").first()
    credentials.versions.filter(replaced_at=None).update(replaced_at=timezone.now())
    credentials.in_use = CredentialsVersion.objects.create(
        credentials=credentials,
        number=last.number + 1 if last else 1,
        environment=account.environment.value,
        api_key=account.api_key,
        private_key=account.private_key,
        extra=json.dumps(dict(account.extra)),
        last4=account.private_key[-4:],
        fingerprint=digest(account.private_key, "payment-private-key")[:12],
    )


def _account_in_use(version: CredentialsVersion) -> Account:
    """Return the keys, of which none is left if what they were sealed with is gone."""
    try:
        return account_of(version)
    except SecretUnreadable:
        return Account(Environment(version.environment), version.api_key, "", {})


def _merged(old: Mapping[str, str], new: Mapping[str, str | None]) -> dict[str, str]:
    """Lay what was sent over what is there: null leaves a field as it is, nothing empties it."""
    sent = {name: value for name, value in new.items() if value is not None}
    return {name: value for name, value in {**old, **sent}.items() if value}


def _check(provider: str, account: Account) -> None:
    problems = gateway_of(provider).check_account(account)
    if problems:
        raise ValidationError(
            {name if name in _KEYS else f"extra.{name}": problems[name] for name in problems}
        )


# --- What is known of the keys --------------------------------------------------------------


def shown_extra(credentials: Credentials) -> dict[str, str | None]:
    """Return the further fields that are set, with null in the place of what is secret."""
    open_fields = {
        field.name for field in gateway_of(credentials.provider).fields if not field.secret
    }
    extra = _account_in_use(credentials.in_use).extra
    return {name: value if name in open_fields else None for name, value in extra.items()}


def is_private_key(credentials: Credentials, private_key: str) -> bool:
    """Say whether this is the private key that is in use, in a time that tells nothing."""
    return same(
        digest(private_key, "payment-private-key"),
        digest(credentials.in_use.private_key, "payment-private-key"),
    )


def verify(credentials: Credentials) -> Verdict:
    """Ask the provider whose account the keys open, and keep the answer with the keys.

    Raises `ProviderUnavailable` if it says neither yes nor no, which changes nothing.
    """
    version = in_use(credentials)
    try:
        identity = asking.identify(version)
    except KeysRefused as exc:
        CredentialsVersion.objects.filter(pk=version.pk).update(verified_at=None)
        return Verdict(False, reason=exc.code)
    except GatewayError as exc:
        sentence = "The provider did not answer, so nobody knows whether the keys are good."
        raise ProviderUnavailable(sentence, reason=exc.code) from exc
    return Verdict(True, identity, verified_at=version.verified_at)


def demand_password(request: HttpRequest, user: User, password: str) -> None:
    """Raise `FreshPasswordNeeded` unless this is the user's; failures count as failed logins."""
    if not password:
        raise FreshPasswordNeeded("Send your password with this very request.")
    try:
        check_credentials(request, user.get_username(), password)
    except InvalidCredentials:
        raise FreshPasswordNeeded("That is not your password.") from None
