"""Which providers there are, and how the product reaches them."""

import json

import pytest
from django.db import transaction

from payments import providers as registry
from payments.gateways.base import Account, Environment
from payments.gateways.errors import NotSent
from payments.models import CredentialsVersion

ACCOUNT = Account(Environment.SANDBOX, "client-id-1", "client-secret-1", {"till_number": "K123456"})


@pytest.mark.parametrize(
    ("named", "slug"),
    [
        ("kopokopo", "kopokopo"),
        ("intasend", "intasend"),
        ("instasend", "intasend"),
        ("mercadopago", "mercadopago"),
        ("conekta", "conekta"),
        ("daraja", "daraja"),
        ("mpesa", "daraja"),
        ("stripe", None),
        ("KopoKopo", None),
        ("", None),
    ],
)
def test_a_provider_has_one_slug_and_several_spellings(named, slug):
    assert registry.slug_of(named) == slug


def test_every_provider_answers_to_its_slug(settings):
    assert set(registry.SLUGS) == set(settings.PROVIDER_BASE_URLS)
    for slug in registry.SLUGS:
        gateway = registry.gateway_of(slug)
        assert gateway.slug == slug
        assert gateway is registry.gateway_of(slug)
        assert gateway.means
        assert gateway.currencies


def test_settings_say_where_a_provider_is(settings):
    settings.PROVIDER_BASE_URLS = settings.PROVIDER_BASE_URLS | {"kopokopo": "http://127.0.0.1:9"}

    with pytest.raises(NotSent):
        registry.gateway_of("kopokopo").verify(ACCOUNT, deadline=5)


def test_keys_become_an_account():
    version = CredentialsVersion(
        environment="live",
        api_key="client-id-1",
        private_key="client-secret-1",
        extra=json.dumps({"till_number": "K123456"}),
        identity="123456",
    )

    account = registry.account_of(version)

    assert account.environment is Environment.LIVE
    assert (account.private_key, account.extra) == ("client-secret-1", {"till_number": "K123456"})
    assert "client-secret-1" not in repr(account)


@pytest.mark.django_db(transaction=True)
def test_no_provider_is_called_inside_a_transaction(settings):
    settings.PROVIDER_BASE_URLS = settings.PROVIDER_BASE_URLS | {"kopokopo": "http://127.0.0.1:9"}
    gateway = registry.gateway_of("kopokopo")

    with transaction.atomic(), pytest.raises(registry.CalledInTransaction):
        gateway.verify(ACCOUNT, deadline=5)
    with pytest.raises(NotSent):
        gateway.verify(ACCOUNT, deadline=5)


@pytest.mark.django_db
def test_the_transaction_that_wraps_a_test_does_not_count(settings):
    settings.PROVIDER_BASE_URLS = settings.PROVIDER_BASE_URLS | {"kopokopo": "http://127.0.0.1:9"}
    gateway = registry.gateway_of("kopokopo")

    with pytest.raises(NotSent):
        gateway.verify(ACCOUNT, deadline=5)
    with transaction.atomic(), pytest.raises(registry.CalledInTransaction):
        gateway.verify(ACCOUNT, deadline=5)
