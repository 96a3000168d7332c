"""What this app does when routers announce something."""

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from networks import syncing
from networks.models import Node
from networks.observing import services as observing
from routers import connections
from routers.models import Router
from routers.reconcile.changes import Problem
from routers.routeros import errors
from routers.signals import pass_ended


@receiver(pre_delete, sender=Router, dispatch_uid="networks")
def let_go(instance: Router, **kwargs: Any) -> None:
    """Say of a deleted router's nodes that we configure them no more; they stay whose peers they are."""
    Node.objects.filter(router=instance).update(sync_state=Node.Sync.UNMANAGED, sync_error="")


@receiver(pass_ended, dispatch_uid="networks")
def note_pass(router: Router, problems: Sequence[Problem], error: str, **kwargs: Any) -> None:
    """Look at a router once a pass is over, and keep of its nodes how far they are.

    Raises `RouterUnreachable`, so that there is another pass: a key may be still to be read.
    """
    if error:
        syncing.note_failure(router, error)
        return
    try:
        worries = observing.look_at(router)
    except errors.Unavailable as exc:
        raise connections.unreachable(exc) from exc
    syncing.note_outcome(router, problems, worries)
