from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from cloudpilot.tenancy import OwnedQuerySet


class CompanyQuerySet(OwnedQuerySet):
    company_field = "pk"


class RevocableQuerySet(models.QuerySet):
    """Rows that end by revocation, which is final."""

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def revoke(self) -> int:
        """End the rows that have not ended yet; answers how many those were."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class TokenFamilyQuerySet(RevocableQuerySet):
    def live(self) -> Self:
        """Keep those that have ended neither themselves nor with their user or their key pair."""
        pair_lives = models.Q(api_key=None) | models.Q(api_key__revoked_at=None)
        return super().live().filter(pair_lives, user__is_active=True)

    def expired_before(self, moment: datetime) -> Self:
        return self.filter(expires_at__lt=moment)


class ApiKeyQuerySet(RevocableQuerySet):
    def not_used_since(self, moment: datetime) -> Self:
        return self.filter(models.Q(last_used_at=None) | models.Q(last_used_at__lt=moment))
