from typing import Self

from django.db import models
from django.utils import timezone


class RevocableQuerySet(models.QuerySet):
    """Rows that end by revocation, which is final."""

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def revoke(self) -> int:
        """End the rows that have not ended yet; answers how many those were."""
        return self.live().update(revoked_at=timezone.now())
