from typing import Any

from django.db import transaction
from django.utils import timezone

from networks.models import Network, Node


def start(network: Network, user: Any) -> dict[str, Any]:
    """Ask every node of the network for a new key; answers how many are still to make one.

    A plain peer hears of it at its next check-in. While an update is under way a second call goes
    on with that one, so a node is never asked twice for one update.
    """
    with transaction.atomic():
        row = Network.objects.select_for_update().get(pk=network.pk)
        nodes = Node.objects.filter(network=row, is_pending=False)
        if not nodes.awaiting_key().exists():
            now = timezone.now()
            nodes.update(key_update_asked_at=now)
            row.key_update_at = now
            row.save(update_fields=["key_update_at"])
        network.key_update_at = row.key_update_at
        return {"nodes": nodes.count(), "unfinished": nodes.awaiting_key().count()}
