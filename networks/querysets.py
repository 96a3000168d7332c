from datetime import datetime
from typing import Any, Self

from django.db.models import F, Q

from cloudpilot.tenancy import OwnedQuerySet
from networks.callers import NodeCaller, sees_all


class _MeshQuerySet(OwnedQuerySet):
    """Rows of networks, which more callers see than members: see `callers`."""

    network_field = ""  # the way from a row to its network; empty for the network itself

    def visible_to(self, user: Any) -> Self:
        if sees_all(user):
            return self
        if isinstance(user, NodeCaller):
            return self.filter(**{self.network_field or "pk": user.node.network_id})
        return super().visible_to(user)


class NetworkQuerySet(_MeshQuerySet):
    pass


class AccessKeyQuerySet(_MeshQuerySet):
    company_field = "network__company"
    network_field = "network"

    def usable_at(self, moment: datetime) -> Self:
        """Keep the keys that somebody may still join with."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=moment)
        return self.filter(unexpired, Q(uses_left=None) | Q(uses_left__gt=0))


class NodeQuerySet(_MeshQuerySet):
    company_field = "network__company"
    network_field = "network"

    def connected(self, moment: datetime) -> Self:
        """Keep the nodes that are peers of others: approved, not expired, and with a key."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=moment)
        return self.filter(unexpired, is_pending=False, has_valid_key=True)

    def awaiting_key(self) -> Self:
        """Keep the nodes that were asked for a new key, and have not made one since."""
        return self.filter(key_updated_at__lt=F("key_update_asked_at"))
