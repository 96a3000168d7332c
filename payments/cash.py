"""Money that a member took by hand: the one way to a paid payment that no provider speaks for."""

from typing import Any

from django.db import transaction

from cloudpilot.locks import hold
from hotspot.errors import PackageRetired
from hotspot.models import Package
from payments import quotes, settling
from payments.gateways.base import Environment
from payments.models import Payment
from payments.models.payment import CASH


def take(package: Package, *, user: Any, phone: str = "", mac_address: str = "") -> Payment:
    """Enter that `user` was given a package's price, and make its voucher; all or none.

    It is always a payment of its own: one that a provider is asked about stays the provider's to
    settle. `phone` is E.164. Raises `PackageRetired`.
    """
    payment = quotes.quoted(
        package,
        phone=phone,
        provider=CASH,
        environment=Environment.LIVE,
        mac_address=mac_address,
        ask_at=None,
    )
    with transaction.atomic():
        if not hold(Package.objects.filter(pk=package.pk, retired_at=None)):
            raise PackageRetired("This package is not sold any more.")
        payment.save(force_insert=True)
        settling.complete(payment, received=payment.amount, reason="cash", actor=user)
    return payment
