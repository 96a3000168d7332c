"""What guests and cashiers call a way to pay, as the original's pages do: mpesa, card, bank; and cash."""

from django.db import models

from payments.gateways.base import Means
from payments.models.payment import CASH
from payments.providers import SLUGS, gateway_of


class Method(models.TextChoices):
    MPESA = "mpesa", "M-Pesa"
    CARD = "card", "Card"
    BANK = "bank", "Bank"
    CASH = "cash", "Cash"


_BY_MEANS = {Means.PHONE: Method.MPESA, Means.CARD: Method.CARD}


def method_of(provider: str) -> Method:
    """Return how one pays with this provider."""
    if provider == CASH:
        return Method.CASH
    [means] = gateway_of(provider).means
    return _BY_MEANS[means]


def providers_of(method: str) -> list[str]:
    """Return which providers take this; none for one that nobody takes, or that does not exist."""
    return [provider for provider in (*SLUGS, CASH) if method_of(provider) == method]
