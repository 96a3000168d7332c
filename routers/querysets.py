from datetime import datetime
from typing import Self

from django.db.models import F, Q

from cloudpilot.querysets import RevocableQuerySet
from cloudpilot.tenancy import OwnedQuerySet


class RouterQuerySet(OwnedQuerySet):
    def expected_to_answer(self) -> Self:
        """Keep the routers in use that answered when they were last asked."""
        return self.filter(is_active=True, status__isnull=False, status__next_check_at=None)

    def due_for_patience(self, moment: datetime) -> Self:
        """Keep the routers in use that did not, or never were, once it is their time again.

        Those that have missed least come first: most is to be learnt of them.
        """
        due = Q(status=None) | Q(status__next_check_at__lte=moment)
        return self.filter(due, is_active=True).order_by(
            F("status__misses").asc(nulls_first=True), "pk"
        )


class RouterKeyQuerySet(RevocableQuerySet):
    def usable_at(self, moment: datetime) -> Self:
        """Keep the keys that are neither revoked nor expired: at most one a router."""
        return self.live().filter(expires_at__gt=moment)
