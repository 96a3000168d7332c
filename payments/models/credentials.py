import uuid

from django.conf import settings
from django.db import models
from django.db.models import PROTECT, Q
from django.utils.functional import cached_property

from cloudpilot.crypto import SealedField
from payments.gateways.base import Environment
from payments.querysets import CredentialsQuerySet
from users.models import Company

ENVIRONMENTS = [(environment.value, environment.value) for environment in Environment]


class Credentials(models.Model):
    """A company's account at a provider. What opens it is in `CredentialsVersion`s.

    Deleted ones stay, unseen: payments under way are still asked after with them.
    """

    company = models.ForeignKey(Company, PROTECT, related_name="payment_credentials")
    provider = models.CharField(max_length=20, help_text="a gateway's slug")
    named = models.CharField(max_length=20, help_text="the provider as the caller spelt it")
    environment = models.CharField(max_length=7, choices=ENVIRONMENTS, default="sandbox")
    label = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    # In the address that the provider sends webhooks to; 128 bits and more, found by its digest.
    webhook_token = SealedField(bound_to="webhook_index")
    webhook_index = models.CharField(max_length=64, unique=True, editable=False)
    webhook_at = models.DateTimeField(null=True, help_text="when a genuine webhook last came")
    unheard = models.PositiveIntegerField(
        default=0, help_text="payments found by asking since a webhook last came; see `silence`"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    # The account that this one has just put out of use by becoming active.
    deactivated: int | None = None

    objects = CredentialsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "payment credentials"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "provider", "environment"],
                condition=Q(is_active=True, deleted_at=None),
                name="one_active_account",
            ),
        ]
        indexes = [models.Index(fields=["company", "-id"], name="credentials_of_company")]

    def __str__(self) -> str:
        return f"{self.provider} {self.environment} of company {self.company_id}"

    @property
    def webhook_url(self) -> str:
        """Where the provider is to send what becomes of payments."""
        path = f"/payments/webhooks/{self.provider}/{self.webhook_token}/"
        return f"{settings.PUBLIC_URL}{path}"

    @cached_property
    def in_use(self) -> "CredentialsVersion":
        """The keys that new payments are made with, as they were when this was first asked."""
        fetched: list[CredentialsVersion] = getattr(self, "fetched_in_use", [])
        return fetched[0] if fetched else self.versions.get(replaced_at=None)


class CredentialsVersion(models.Model):
    """The keys as they were for a time; a payment keeps the version that made it."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    credentials = models.ForeignKey(Credentials, PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    environment = models.CharField(max_length=7, choices=ENVIRONMENTS)
    api_key = models.CharField(max_length=255, help_text="the public half")
    private_key = SealedField()
    extra = SealedField(help_text="the provider's further fields, as a JSON object")
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=12, help_text="of the private key, keyed")
    identity = models.CharField(max_length=100, blank=True, help_text="who the provider says it is")
    verified_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credentials", "number"], name="one_version_a_number"),
            models.UniqueConstraint(
                fields=["credentials"], condition=Q(replaced_at=None), name="one_version_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of credentials {self.credentials_id}"
