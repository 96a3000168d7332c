from datetime import datetime
from typing import Self

from django.db import models

from cloudpilot.querysets import RevocableQuerySet
from cloudpilot.tenancy import OwnedQuerySet


class CompanyQuerySet(OwnedQuerySet):
    company_field = "pk"


class TokenFamilyQuerySet(RevocableQuerySet):
    def expired_before(self, moment: datetime) -> Self:
        return self.filter(expires_at__lt=moment)


class ApiKeyQuerySet(RevocableQuerySet):
    def not_used_since(self, moment: datetime) -> Self:
        return self.filter(models.Q(last_used_at=None) | models.Q(last_used_at__lt=moment))
