"""A company's accounts at providers: which there are, and the keys that open them now."""

from cloudpilot.crypto import digest
from payments.models import Credentials, CredentialsVersion
from users.models import Company


def active_accounts(company: Company) -> list[Credentials]:
    """Return the accounts that guests may pay into, the newest first."""
    rows = Credentials.objects.filter(company=company, is_active=True, deleted_at=None)
    return list(rows.order_by("-pk"))


def in_use(credentials: Credentials) -> CredentialsVersion:
    """Return the keys that new payments are made with."""
    version: CredentialsVersion = credentials.versions.get(replaced_at=None)
    return version


def webhook_index(token: str) -> str:
    """Return the keyed digest under which the token of a webhook's address is found."""
    return digest(token, "payment-webhook")
