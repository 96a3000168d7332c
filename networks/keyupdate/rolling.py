"""New keys for routers, one at a time: nobody is next before the one before has been heard."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from networks.keyupdate.changing import followers_of, go_on
from networks.models import KeyChange, KeyUpdate, Node

State = KeyChange.State


def step(network_id: int) -> float | None:
    """Take the network's key update a step further.

    Answers after how many seconds there is more to do; None if only time or a router's return helps.
    """
    update = KeyUpdate.objects.filter(network=network_id, ended_at=None).first()
    if update is None:
        return None
    note_what_others_did(update)
    running = _changes(update).filter(state=State.RUNNING).first() or _next(update)
    if running is not None:
        return go_on(running)
    if not update.changes.exclude(state__in=[State.DONE, State.KEPT]).exists():
        KeyUpdate.objects.filter(pk=update.pk).update(ended_at=timezone.now())
    return None


def _changes(update: KeyUpdate) -> QuerySet[KeyChange]:
    rows = KeyChange.objects.filter(update=update)
    return rows.select_related("node__network", "node__router", "update").order_by("pk")


def note_what_others_did(update: KeyUpdate) -> None:
    """Plain peers make their keys themselves, and so does a router that was wiped."""
    made = update.changes.exclude(state__in=[State.RUNNING, State.DONE, State.KEPT])
    made = made.filter(node__key_updated_at__gte=F("node__key_update_asked_at"))
    KeyChange.objects.filter(pk__in=list(made.values_list("pk", flat=True))).update(
        state=State.DONE, error=""
    )


def _next(update: KeyUpdate) -> KeyChange | None:
    """Choose whose turn it is: who has not had one, the hub last; then whom it failed with."""
    now = timezone.now()
    ours = Q(node__router__is_active=True) | Q(node__is_host=True)
    waiting = _changes(update).filter(ours, due_at__lte=now)
    waiting = waiting.filter(state__in=[State.QUEUED, State.FAILED, State.AWAY])
    ordered = sorted(
        waiting, key=lambda c: (c.state != State.QUEUED, c.node.is_hub, c.due_at, c.pk)
    )
    return next((c for c in ordered if _has_turns(c.node) and _takes_its_turn(c)), None)


def _has_turns(node: Node) -> bool:
    """The host that carries nobody's management changes by itself."""
    return not node.is_host or bool(followers_of(node))


def _takes_its_turn(change: KeyChange) -> bool:
    """Note that it is this one's turn, unless it is somebody's already."""
    own = KeyChange.objects.filter(pk=change.pk, state=change.state)
    begun: dict[str, Any] = {"state": State.RUNNING, "token": "", "flips_at": None, "error": ""}
    if change.node.is_host:
        begun["new_key"] = ""  # until it has made one for this turn
    try:
        with transaction.atomic():
            taken = own.update(**begun, attempts=F("attempts") + 1)
    except IntegrityError:
        return False
    for name, value in begun.items():
        setattr(change, name, value)
    return bool(taken)
