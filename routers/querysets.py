from datetime import datetime
from typing import Any

from cloudpilot.tenancy import OwnedQuerySet


class RouterQuerySet(OwnedQuerySet):
    def note_connection(self, router: Any, *, is_online: bool, at: datetime) -> None:
        """Store what a connection test found, and touch no other column.

        A router that was pointed elsewhere during the test keeps what it has: the result is not
        about the new address.
        """
        self.filter(
            pk=router.pk, host=router.host, port=router.port, username=router.username
        ).update(is_online=is_online, last_checked=at)
