"""Buying: what a guest is to pay for what is frozen here, and the charge is queued."""

from typing import Any

from django.db import IntegrityError, transaction

from cloudpilot.crypto import digest
from cloudpilot.limits import spend
from cloudpilot.locks import hold
from hotspot.errors import PackageRetired
from hotspot.models import Package
from payments import providers, quotes, tasks
from payments.credentials import services as credentials
from payments.errors import Moved, NoWayToPay, PurchaseInvalid
from payments.gateways.base import ChargeRequest, Gateway, Means
from payments.models import Credentials, CredentialsVersion, Payment
from payments.states import OPEN
from routers.models import Router

# What a gateway calls the fields that a guest fills in, and what the guest's form calls them.
_FORM = {"phone": "phone_number", "email": "email", "card_token": "card_token"}
_RACES = 3  # how often a purchase may find another in its way that has just ended


def purchase(
    router: Router,
    package: Package,
    *,
    method: str = "",
    phone: str = "",
    email: str = "",
    card_token: str = "",
    mac_address: str = "",
    ip_address: str = "",
    network: str = "",
) -> Payment:
    """Freeze what is bought at what price, and queue the charge, in the caller's transaction.

    Who buys what they are being asked to pay for already gets that payment again, so two clicks
    are one prompt. `phone` is E.164; `network` is where the request came from. Raises
    `NoWayToPay`, `PurchaseInvalid`, `PackageRetired` and `TooManyRequests`.
    """
    account = _account_for(router, method, package.currency)
    gateway = providers.gateway_of(account.provider)
    version = credentials.in_use(account)
    takes_cards = Means.CARD in gateway.means
    guest = {"phone": phone, "email": email, "card_token": card_token if takes_cards else ""}
    _check(gateway, package, guest)
    device = {"mac_address": mac_address, "ip_address": ip_address}
    buying = _buying(router, package, account, [*guest.values(), *device.values(), network])
    limits = {
        "charges_per_phone": phone,
        "charges_per_device": mac_address,
        "charges_per_address": network,
    }
    with transaction.atomic():
        # Held, so that neither is deleted before the payment stands that speaks of them.
        # And all of one company: what the payment says is of the package's, and so of the router's.
        own = Package.objects.filter(pk=package.pk, router=router, company=router.company_id)
        on_sale = own.filter(is_active=True, retired_at=None)
        if not (hold(Router.objects.filter(pk=router.pk)) and hold(on_sale)):
            raise PackageRetired("This package is not sold any more.")
        for _ in range(_RACES):
            open_one = Payment.objects.filter(buying=buying, state__in=OPEN).first()
            if open_one is not None:
                return open_one
            row = _new(package, version, buying=buying, **guest, **device)
            if _save(row, limits):
                tasks.ask_to_charge(row.pk)
                return row
    raise Moved("The same is being bought at this moment; try again.")


def ways_to_pay(router: Router) -> list[Credentials]:
    """Return the accounts that guests of this router can pay into, one a method, as preferred."""
    ways: dict[str, Credentials] = {}
    for account in credentials.active_accounts(router.company):
        ways.setdefault(account.provider, account)
    return list(ways.values())


def _account_for(router: Router, method: str, currency: str) -> Credentials:
    slug = providers.slug_of(method) if method else None
    for account in credentials.active_accounts(router.company):
        if method and account.provider != slug:
            continue
        if currency in providers.gateway_of(account.provider).currencies:
            return account
    if method:
        raise NoWayToPay(f"This cannot be paid for with {method}.")
    raise NoWayToPay("Nothing can be paid for here at the moment.")


def _check(gateway: Gateway, package: Package, guest: dict[str, str]) -> None:
    """Raise what the provider would say no to, before anything is written or sent."""
    request = ChargeRequest(
        reference="",
        amount=package.price,
        currency=package.currency,
        description=package.name,
        callback_url="",
        **guest,
    )
    wrong = dict(gateway.check_charge(request))
    if gateway.means == {Means.PHONE} and not guest["phone"]:
        wrong = {"phone": "This field is required.", **wrong}
    fields = {_FORM[name]: [sentence] for name, sentence in wrong.items() if name in _FORM}
    if fields:
        raise PurchaseInvalid(fields)
    if wrong:
        raise NoWayToPay(" ".join(wrong.values()))


def _buying(router: Router, package: Package, account: Credentials, guest: list[str]) -> str:
    """Return who buys what, in one word.

    The device and where it calls from belong to it: whoever merely knows a guest's phone is not
    shown the receipt of what that guest is paying for.
    """
    return digest("\0".join([f"{router.pk} {package.pk} {account.pk}", *guest]), "purchase")


def _new(
    package: Package,
    version: CredentialsVersion,
    *,
    email: str,
    card_token: str,
    **columns: Any,
) -> Payment:
    return quotes.quoted(
        package,
        provider=version.credentials.provider,
        environment=version.environment,
        credentials=version.credentials,
        credentials_version=version,
        email=email or None,
        card_token=card_token or None,
        **columns,
    )


def _save(row: Payment, limits: dict[str, str]) -> bool:
    """Add the payment and count it; False, and nothing is counted, if one like it is open."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            for limit, subject in limits.items():
                if subject:
                    spend(limit, subject)
    except IntegrityError:
        return False
    return True
