"""Who may send to a webhook's address: the account that it was made for, by the keys it has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from cloudpilot.prepared import prepared
from payments import providers
from payments.credentials.services import webhook_index
from payments.gateways.base import Account, Delivery
from payments.gateways.errors import BadSignature
from payments.models import CredentialsVersion

# Keys that were replaced are good for so long: the provider may still sign with them.
ROTATION_GRACE = timedelta(hours=24)

# What was looked up is believed for so long: in a flood, that is a query in hundreds.
_FRESH = timedelta(seconds=2)
_MOST = 4096  # of them are remembered
_known: dict[str, tuple[datetime, "Sender"]] = {}


@dataclass(frozen=True)
class Sender:
    """An account at a provider, and the keys that its webhooks may be signed with, newest first."""

    index: str
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

    Found by a keyed digest, so how long it takes says nothing of how near a guess was.
    """
    index, now = webhook_index(token), timezone.now()
    at, sender = _known.get(index, (now, None))
    if sender is None or not timedelta() <= now - at < _FRESH:
        sender = _look_up(index, now)
        if sender is None:
            return None
        if len(_known) >= _MOST:
            _known.clear()
        _known[index] = now, sender
    return sender if sender.provider == providers.slug_of(provider) else None


def forget(sender: Sender) -> None:
    """Look this one up anew the next time."""
    _known.pop(sender.index, None)


def _look_up(index: str, now: datetime) -> Sender | None:
    versions = _good_versions(index, now - ROTATION_GRACE)
    if not versions:
        return None
    credentials = versions[0].credentials
    return Sender(
        index=index,
        credentials=credentials.pk,
        provider=credentials.provider,
        accounts=tuple(providers.account_of(version) for version in versions),
        webhook_at=credentials.webhook_at,
        unheard=credentials.unheard,
    )


@prepared
def _good_versions(index: Any, replaced_after: Any) -> QuerySet[CredentialsVersion]:
    good = Q(replaced_at=None) | Q(replaced_at__gt=replaced_after)
    rows = CredentialsVersion.objects.filter(good, credentials__webhook_index=index)
    return rows.select_related("credentials").order_by("-number")
