"""How endpoints and channels are switched on and off, and what becomes of one that fails."""

from datetime import datetime, timedelta

from cloudpilot import jobs
from cloudpilot.jobs import clock
from cloudpilot.tenancy import Role
from payments.models import Channel, Delivery, Endpoint, Listener, Message
from payments.notifications import mailing, tasks, wording
from payments.notifications.errors import TooManyListeners
from users.models import Company, User

MOST = 20  # endpoints, and channels, of a company
PATIENCE = timedelta(days=5)
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0  # seconds


def demand_room(model: type[Listener], company: Company) -> None:
    """Raise `TooManyListeners` if the company has as many as it may."""
    Company.objects.select_for_update().get(pk=company.pk)
    if model._default_manager.filter(company=company).count() >= MOST:
        raise TooManyListeners(f"A company has at most {MOST} of these.")


def note_failure(
    listener: Listener, code: str, now: datetime, *, retry_after: float | None = None
) -> None:
    """Leave a listener in peace for a while, the longer the more often it failed in a row.

    One that has failed for `PATIENCE` is switched off. Callers have locked the row.
    """
    listener.failures += 1
    listener.last_failure = code
    listener.failing_since = listener.failing_since or now
    doublings = min(listener.failures - 1, 20)
    pause = min(_FIRST_PAUSE * 2**doublings, _LONGEST_PAUSE)
    listener.paused_until = now + timedelta(seconds=max(pause, retry_after or 0))
    if now - listener.failing_since >= PATIENCE:
        switch_off(listener, Listener.Ended.FAILING)
    else:
        listener.save()


def note_success(listener: Listener) -> None:
    if listener.failures or listener.last_failure:
        listener.forget_failures()
        listener.save()


def switch_on(listener: Listener) -> None:
    """Send to it again, and at once what waits: how often it failed is forgotten."""
    listener.is_active, listener.ended_because = True, ""
    listener.forget_failures()
    listener.save()
    tasks.ask_to_serve(listener)


def switch_off(listener: Listener, reason: Listener.Ended) -> None:
    """Send it nothing more: what waits has failed. Its owners hear of it if it was not a member.

    Callers have locked the row.
    """
    listener.is_active, listener.ended_because = False, reason
    listener.paused_until = None
    listener.save()
    _give_up_waiting(listener)
    if reason != Listener.Ended.BY_HAND:
        jobs.enqueue(
            tasks.tell_owners,
            {
                "company": listener.company_id,
                "listener": wording.name_of(listener),
                "reason": str(reason),
            },
        )


def _give_up_waiting(listener: Listener) -> None:
    if isinstance(listener, Endpoint):
        waiting = listener.deliveries.filter(state=Delivery.State.WAITING, notice__isnull=False)
        waiting.update(state=Delivery.State.FAILED, ended_at=clock.now())
    elif isinstance(listener, Channel):
        waiting_messages = listener.messages.filter(state=Message.State.WAITING)
        waiting_messages.update(state=Message.State.DROPPED)


def tell_owners(company_id: int, listener: str, reason: str) -> int:
    """Write to the owners of a company what was switched off, and why; answers to how many.

    One letter for all of them: if it has to be sent again, nobody has had it already.
    """
    owners = User.objects.filter(
        memberships__company=company_id, memberships__role=Role.OWNER, is_active=True
    )
    addresses = sorted({owner.email for owner in owners if owner.email})
    if addresses:
        mailing.send(addresses, wording.switched_off(listener, Listener.Ended(reason)))
    return len(addresses)


def sweep() -> int:
    """Queue the listeners for whom something has been due for a while; answers how many."""
    due = clock.now() - timedelta(seconds=tasks.SWEEP_SECONDS)
    deliveries = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=due)
    endpoints = Endpoint.objects.filter(pk__in=deliveries.values("endpoint"), is_active=True)
    messages = Message.objects.filter(state=Message.State.WAITING, created_at__lte=due)
    channels = Channel.objects.filter(pk__in=messages.values("channel"), is_active=True)
    found = [
        *endpoints.exclude(paused_until__gt=due).order_by("pk"),
        *channels.exclude(paused_until__gt=due).order_by("pk"),
    ]
    for listener in found:
        tasks.ask_to_serve(listener)
    return len(found)
