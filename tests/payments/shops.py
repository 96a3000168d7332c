"""Purchases at simulated providers, with no web server and no worker: the time is the test's."""

from payments import charging, polling
from payments.models import Payment
from tests.factories import CredentialsFactory, PackageFactory, PaymentFactory

CARDS = {"mercadopago": "test_APRO", "conekta": "tok_test_visa_4242"}
PRICE = 2000


class Shop:
    """A company with an account at one provider."""

    def __init__(self, providers, slug, server_clock):
        self.providers = providers
        self.slug = slug
        self.clock = server_clock
        self.keys = providers.open_account(slug)
        self.account = CredentialsFactory(provider=slug, keys=self.keys)
        currency = "MXN" if slug in CARDS else "KES"
        self.package = PackageFactory(
            company=self.account.company,
            router__company=self.account.company,
            price=PRICE,
            currency=currency,
        )

    def order(self, ending="000", **columns):
        """Return a payment as a purchase leaves it; `ending` is what the simulator's guests go by."""
        guest = (
            {
                "phone": "+525512345678",
                "email": "guest@example.com",
                "card_token": f"{CARDS[self.slug]}_{ending}",
            }
            if self.slug in CARDS
            else {"phone": f"+254712345{ending}"}
        )
        return PaymentFactory(credentials=self.account, package=self.package, **guest | columns)

    def sell(self, ending="000", **columns):
        """Charge, let the guest answer, ask the provider once, and return how it stands then."""
        payment = self.order(ending, **columns)
        charging.submit(payment.pk)
        self.wait(5)
        return self.ask(payment)

    def ask(self, payment):
        polling.poll(payment.pk)
        return Payment.objects.select_related("voucher").get(pk=payment.pk)

    def wait(self, seconds):
        """Let the same time pass for us and for the providers."""
        self.clock.advance(seconds)
        self.providers.clock.advance(seconds)

    def ask_to_the_end(self, payment):
        """Send and ask as workers would, until nobody would ask again."""
        while (after := charging.submit(payment.pk)) is not None:
            self.wait(after)
        payment = Payment.objects.get(pk=payment.pk)
        while payment.ask_at:
            self.wait(max((payment.ask_at - self.clock()).total_seconds(), 0) + 0.1)
            payment = self.ask(payment)
        return payment

    def ledger(self, op="charge"):
        """Return what moved into the account, or out of it."""
        return [entry for entry in self.providers.ledger.moved(op) if entry.provider == self.slug]
