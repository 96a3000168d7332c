"""What this app does when routers announce something."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.dispatch import receiver

from cloudpilot.text import storable
from networks.desired import nodes_of
from networks.desired.tunnel import own_mark
from networks.models import Node
from networks.observing import services as observing
from routers import connections
from routers.models import Router
from routers.reconcile.changes import Problem
from routers.routeros import errors
from routers.signals import pass_ended

_LONGEST = 500


@receiver(pass_ended, dispatch_uid="networks")
def note_pass(router: Router, problems: Sequence[Problem], error: str, **kwargs: Any) -> None:
    """Look at a router once a pass is over, and keep of its nodes how far they are.

    Raises `RouterUnreachable`, so that there is another pass: a key may be still to be read.
    """
    if error:
        _write(Node.objects.filter(router=router), Node.Sync.ERROR, error)
        return
    try:
        worries = observing.look_at(router)
    except errors.Unavailable as exc:
        raise connections.unreachable(exc) from exc
    for node in nodes_of(router):
        wrong = [*_of_node(node, problems), *worries.get(node.pk, [])]
        own = Node.objects.filter(pk=node.pk)
        if wrong:
            _write(own, Node.Sync.ERROR, " ".join(wrong))
        else:
            _write(_not_changed_since(own), Node.Sync.OK, "")


def _of_node(node: Node, problems: Sequence[Problem]) -> list[str]:
    ours = own_mark(node.network)
    return [
        f"{problem.menu}: {problem.sentence}"
        for problem in problems
        if not problem.key or problem.key == ours or problem.key.startswith(f"{ours}:")
    ]


def _not_changed_since(nodes: Any) -> Any:
    """Keep the nodes whose router is as it should be by now, too: another pass is to come if not."""
    applied = F("router__reconciliation__applied_version")
    return nodes.filter(router__reconciliation__desired_version=applied)


def _write(nodes: Any, state: Node.Sync, error: str) -> None:
    nodes.update(sync_state=state, sync_error=storable(error, _LONGEST))
