from datetime import datetime
from typing import Self

from cloudpilot.querysets import RevocableQuerySet


class RouterKeyQuerySet(RevocableQuerySet):
    def usable_at(self, moment: datetime) -> Self:
        """Keep the keys that are neither revoked nor expired: at most one a router."""
        return self.live().filter(expires_at__gt=moment)
