"""What is done about webhooks once they are kept."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from cloudpilot import jobs
from payments.models import WebhookEvent

SWEEP_SECONDS = 10
BODIES_KEPT = timedelta(days=30)
_BEFORE_POLLS = -15  # which ask without knowing that there is news
_LANES = 4  # of an account's events so many are dealt with at once: one slow answer stops no other


@jobs.task(max_attempts=3, backoff=jobs.Backoff(first=1))  # what is left then, the sweep finds
def process(*, credentials: int, lane: int) -> dict[str, int]:
    """Deal with the events of one account that are due."""
    from payments.webhooks import processing

    return processing.process(credentials, lane)


@jobs.every(seconds=SWEEP_SECONDS)
@jobs.task(max_attempts=1)
def sweep() -> int:
    """Have dealt with what is to be looked at again, and what a worker left when it died."""
    due = WebhookEvent.objects.filter(state=WebhookEvent.State.RECEIVED, due_at__lte=timezone.now())
    accounts = due.order_by().values_list("credentials", flat=True).distinct()
    ask_to_process((credentials, 0) for credentials in accounts)
    return len(accounts)


@jobs.every(seconds=3600)
@jobs.task()
def drop_old_bodies() -> int:
    """Forget what old events said. Their keys stay, so that none is taken for a new one."""
    from payments.webhooks import processing

    return processing.drop_bodies(timezone.now() - BODIES_KEPT)


def ask_to_process(events: Iterable[tuple[int, int]]) -> None:
    """Queue jobs for these events, each an account and a number, unless they are seen anyway.

    A job that waits will see them as well as what it was queued for.
    """
    lanes = ((account, event % _LANES) for account, event in events)
    wanted = {f"webhooks:{account}:{lane}": (account, lane) for account, lane in lanes}
    for key in wanted.keys() - jobs.queued(wanted):
        account, lane = wanted[key]
        arguments = {"credentials": account, "lane": lane}
        jobs.enqueue(process, arguments, unique=key, lock=key, priority=_BEFORE_POLLS)
