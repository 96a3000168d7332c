"""From the portal to the voucher, by the webhooks of each provider."""

from dataclasses import dataclass

import pytest
from django.test import Client

from cloudpilot.jobs import run_due
from payments.models import LedgerEntry, Payment, WebhookEvent
from tests.factories import CredentialsFactory, PackageFactory

from .conftest import deliver

BY_PHONE = {"phone_number": "+254712345000"}
BY_CARD = {"phone_number": "+525512345678", "email": "guest@example.com"}
GUESTS = {
    "kopokopo": ("KES", BY_PHONE),
    "intasend": ("KES", BY_PHONE),
    "daraja": ("KES", BY_PHONE),
    "mercadopago": ("MXN", {**BY_CARD, "card_token": "test_APRO_000"}),
    "conekta": ("MXN", {**BY_CARD, "card_token": "tok_test_visa_4242_000"}),
}


@dataclass
class Guest:
    portal: object
    providers: object
    package: object
    order: dict

    def buy(self):
        """Buy, be asked, and pay; nobody has told CloudPilot yet."""
        body = {"package": self.package.pk, **self.order}
        self.receipt = self.portal.post("/portal/purchases/", body).json()["receipt"]
        run_due()
        self.providers.clock.advance(5)
        return self

    def look(self):
        return self.portal.get(f"/portal/purchases/{self.receipt}/").json()

    def hear(self, forged=None):
        return deliver(Client(), self.providers, forged)


@pytest.fixture(params=GUESTS)
def guest(request, providers, portal, router):
    currency, order = GUESTS[request.param]
    providers.webhooks.hold()
    keys = providers.open_account(request.param)
    account = CredentialsFactory(
        company=router.company, provider=request.param, named=request.param, keys=keys
    )
    providers.set_webhook_url(keys, account.webhook_url)
    package = PackageFactory(router=router, price=5000, currency=currency)
    return Guest(portal, providers, package, order)


def test_a_webhook_brings_the_voucher(guest):
    guest.buy()

    assert set(guest.hear()) == {200}
    run_due()

    shown = guest.look()
    assert (shown["status"], shown["access"]) == ("completed", "ready")
    assert shown["voucher"]["username"]
    assert LedgerEntry.objects.get().amount == 5000


def test_a_forged_webhook_is_refused(guest):
    guest.buy()

    assert set(guest.hear("signature")) <= {401, 404}
    assert not WebhookEvent.objects.exists()
    assert Payment.objects.get().provider_receipt == "" or guest.look()["status"] == "completed"


def test_a_body_that_was_changed_gives_nothing_that_was_not_paid(guest):
    guest.buy()

    statuses = guest.hear("body")
    run_due()

    # What does not sign its body is kept. Whom it is about, it says; what is true, it does not.
    assert set(statuses) <= {200, 400, 401}
    payment = Payment.objects.get()
    assert payment.received == 5000 or payment.voucher is None


def test_no_webhook_keeps_a_secret_that_it_brought(guest):
    guest.buy()
    guest.hear()

    for event in WebhookEvent.objects.select_related("credentials"):
        version = event.credentials.versions.get()
        assert version.private_key not in event.body
        assert '"challenge"' not in event.body
