"""How far the routers among the nodes are from what they should hold."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import F

from cloudpilot.text import storable
from networks.desired import nodes_of
from networks.desired.tunnel import own_mark
from networks.models import Node
from routers.models import Router
from routers.reconcile.changes import Problem

_LONGEST = 500


def note_failure(router: Router, error: str) -> None:
    """Keep of a router's nodes why nothing could be written to it."""
    _write(Node.objects.filter(router=router), Node.Sync.ERROR, error)


def note_outcome(
    router: Router, problems: Sequence[Problem], worries: Mapping[int, Sequence[str]]
) -> None:
    """Keep of a router's nodes what it did not take, and what else is wrong there, by node."""
    for node in nodes_of(router):
        wrong = [*_of_node(node, problems), *worries.get(node.pk, [])]
        own = Node.objects.filter(pk=node.pk)
        if wrong:
            _write(own, Node.Sync.ERROR, " ".join(wrong))
        else:
            _write(_not_changed_since(own), Node.Sync.OK, "")


def _of_node(node: Node, problems: Sequence[Problem]) -> Iterator[str]:
    ours = own_mark(node.network)
    for problem in problems:
        if not problem.key or problem.key == ours or problem.key.startswith(f"{ours}:"):
            yield f"{problem.menu}: {problem.sentence}"


def _not_changed_since(nodes: Any) -> Any:
    """Keep the nodes whose router is as it should be by now, too: another pass is to come if not."""
    applied = F("router__reconciliation__applied_version")
    return nodes.filter(router__reconciliation__desired_version=applied)


def _write(nodes: Any, state: Node.Sync, error: str) -> None:
    nodes.update(sync_state=state, sync_error=storable(error, _LONGEST))
