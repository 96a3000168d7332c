"""Which payment providers there are, and how the product reaches them."""

import json
from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.db import connections

from payments.gateways.base import Account, Environment, Gateway
from payments.gateways.conekta import Conekta
from payments.gateways.daraja import Daraja
from payments.gateways.intasend import IntaSend
from payments.gateways.kopokopo import KopoKopo
from payments.gateways.mercadopago import MercadoPago
from payments.models import CredentialsVersion

_PROVIDERS: Mapping[str, Callable[..., Gateway]] = {
    KopoKopo.slug: KopoKopo,
    IntaSend.slug: IntaSend,
    Daraja.slug: Daraja,
    MercadoPago.slug: MercadoPago,
    Conekta.slug: Conekta,
}
SLUGS = tuple(_PROVIDERS)
_OTHER_NAMES = {"instasend": "intasend", "mpesa": "daraja"}
# Every spelling that callers may use.
NAMES = (*SLUGS, *_OTHER_NAMES)
# Where the original's clients know a provider by other words than it uses itself.
_CALLED = {"kopokopo": "KopoKopo", "instasend": "InstaSend"}


def slug_of(named: str) -> str | None:
    """Return the slug of a provider by any spelling that callers may use, None for no provider."""
    slug = _OTHER_NAMES.get(named, named)
    return slug if slug in _PROVIDERS else None


def name_of(named: str) -> str:
    """Return what people call the provider that a caller has spelt so."""
    return _CALLED.get(named) or gateway_of(slug_of(named) or named).name


def gateway_of(slug: str) -> Gateway:
    """Return the provider's gateway, where the settings say that it is."""
    return gateway_at(slug, settings.PROVIDER_BASE_URLS[slug])


@cache
def gateway_at(slug: str, base_url: str) -> Gateway:
    """Return the gateway at an address; one a process, for it knows tokens and who is away."""
    return _PROVIDERS[slug](base_url=base_url, before_call=demand_no_transaction)


def account_of(version: CredentialsVersion) -> Account:
    """Return the account that these keys open."""
    return Account(
        environment=Environment(version.environment),
        api_key=version.api_key,
        private_key=version.private_key,
        extra=json.loads(version.extra),
        identity=version.identity,
    )


class CalledInTransaction(AssertionError):
    """A bug: rows would stay locked for as long as a provider likes to take."""


def demand_no_transaction() -> None:
    for connection in connections.all(initialized_only=True):
        blocks = [
            block
            for block in connection.atomic_blocks
            if not getattr(block, "_from_testcase", False)  # what a test case wraps each test in
        ]
        if blocks:
            raise CalledInTransaction("A payment provider was to be called inside a transaction.")
