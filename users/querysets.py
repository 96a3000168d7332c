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
        return self.live().update(revoked_at=timezone.now())


class TokenFamilyQuerySet(RevocableQuerySet):
    def expired_before(self, moment: datetime) -> Self:
        return self.filter(expires_at__lt=moment)


class ApiKeyQuerySet(RevocableQuerySet):
    def not_used_since(self, moment: datetime) -> Self:
        return self.filter(models.Q(last_used_at=None) | models.Q(last_used_at__lt=moment))
