"""Who may send to a webhook's address: the account that it was made for, by the keys it has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from payments import providers
from payments.credentials import services as credentials
from payments.gateways.base import Account, Delivery
from payments.gateways.errors import BadSignature
from payments.models import CredentialsVersion

# Keys that were replaced are good for so long: the provider may still sign with them.
ROTATION_GRACE = timedelta(hours=24)


@dataclass(frozen=True)
class Sender:
    """An account at a provider, and the keys that its webhooks may be signed with, newest first."""

    credentials: int
    provider: str
    accounts: tuple[Account, ...]
    webhook_at: datetime | None
    unheard: int

    def check(self, delivery: Delivery) -> None:
        """Raise `BadSignature`, the newest key's, unless one of the keys has signed this."""
        gateway = providers.gateway_of(self.provider)
        refusals = []
        for account in self.accounts:
            try:
                gateway.check_webhook(account, delivery)
            except BadSignature as exc:
                refusals.append(exc)
            else:
                return
        raise refusals[0]


def find(provider: str, token: str) -> Sender | None:
    """Return whose webhook address this is; None if nobody's, or another provider's.

    One look-up by a keyed digest, so how long it takes says nothing of how near a guess was.
    """
    rows = CredentialsVersion.objects.filter(
        Q(replaced_at=None) | Q(replaced_at__gt=timezone.now() - ROTATION_GRACE),
        credentials__webhook_index=credentials.webhook_index(token),
        credentials__provider=providers.slug_of(provider) or "",
    ).order_by("-number")
    found = rows.values_list(
        "public_id",
        "credentials_id",
        "credentials__provider",
        "credentials__webhook_at",
        "credentials__unheard",
    )
    versions = list(found)
    if not versions:
        return None
    _, pk, slug, webhook_at, unheard = versions[0]
    accounts = tuple(_account(public_id) for public_id, *_ in versions)
    return Sender(pk, slug, accounts, webhook_at, unheard)


@lru_cache(maxsize=2048)
def _account(version: UUID) -> Account:
    """Open a version's keys, which never change, once a process."""
    return providers.account_of(CredentialsVersion.objects.get(public_id=version))
