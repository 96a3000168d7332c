"""What carries notices to people and systems, behind all that guests wait for.

These jobs are a company's: its share of the workers is all that its dead endpoints can take. And
of one process's threads they take no more than `_PLACES` together, whosever they are.
"""

from collections.abc import Callable
from datetime import timedelta
from random import uniform
from threading import BoundedSemaphore

from cloudpilot import jobs
from cloudpilot.jobs import clock
from cloudpilot.tasks import delete_in_batches
from payments.models import Delivery, Endpoint, Listener, Message, Notice

_PRIORITY = 10  # the highest number comes last
_PLACES = BoundedSemaphore(6)
_KEPT = timedelta(days=30)
SWEEP_SECONDS = 60


@jobs.task(max_attempts=None)
def spread(*, notice: int) -> int:
    """Find out who is to be told of a notice."""
    from payments.notifications import services

    return services.spread(notice)


@jobs.task(max_attempts=None)
def serve_endpoint(*, endpoint: int) -> None:
    """Send an endpoint what is due, until nothing waits for it."""
    from payments.notifications import delivering

    _serve(delivering.serve, endpoint)


@jobs.task(max_attempts=None)
def serve_channel(*, channel: int) -> None:
    """Send a channel's people what waits for them."""
    from payments.notifications import telling

    _serve(telling.serve, channel)


@jobs.task(max_attempts=10)
def tell_owners(*, company: int, listener: str, reason: str) -> int:
    """Write to a company's owners that something of theirs was switched off."""
    from payments.notifications import listeners

    return listeners.tell_owners(company, listener, reason)


@jobs.every(seconds=SWEEP_SECONDS)
@jobs.task(max_attempts=1)
def sweep() -> int:
    """Find the listeners for whom something is due and whom no job takes care of."""
    from payments.notifications import listeners

    return listeners.sweep()


@jobs.every(seconds=3600)
@jobs.task()
def delete_old_deliveries() -> dict[str, int]:
    """Delete what was sent, or was not, a month ago; the notices themselves stay."""
    old = clock.now() - _KEPT
    deliveries = Delivery.objects.filter(created_at__lt=old)
    messages = Message.objects.filter(created_at__lt=old)
    return {
        "deliveries": delete_in_batches(deliveries.exclude(state=Delivery.State.WAITING)),
        "messages": delete_in_batches(messages.exclude(state=Message.State.WAITING)),
    }


def _serve(serve: Callable[[int], float | None], listener: int) -> None:
    if not _PLACES.acquire(blocking=False):
        raise jobs.Retry(after=uniform(0.5, 1.5), count=False)  # noqa: S311
    try:
        after = serve(listener)
    finally:
        _PLACES.release()
    if after is not None:
        raise jobs.Retry(after=after, count=False)


def ask_to_spread(notice: Notice) -> None:
    """Have the notice's listeners found once the caller's transaction commits."""
    jobs.enqueue(spread, {"notice": notice.pk}, company=notice.company_id, priority=_PRIORITY)


def ask_to_serve(listener: Listener) -> None:
    """Have a listener sent what is due, once the caller's transaction commits."""
    is_endpoint = isinstance(listener, Endpoint)
    task, argument = (serve_endpoint, "endpoint") if is_endpoint else (serve_channel, "channel")
    key = f"notify-{argument}:{listener.pk}"
    jobs.enqueue(
        task,
        {argument: listener.pk},
        unique=key,
        lock=key,
        company=listener.company_id,
        priority=_PRIORITY,
    )
