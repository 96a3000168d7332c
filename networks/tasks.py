"""What is done about networks when nobody waits for it."""

from cloudpilot import jobs
from networks import expiring
from networks.keyupdate import rolling
from networks.keyupdate import services as keyupdate
from networks.observing import sweep


@jobs.every(seconds=60)
@jobs.task(max_attempts=1)
def look_at_routers() -> dict[str, int]:
    return sweep.look_at_all()


@jobs.every(seconds=60)
@jobs.task(max_attempts=1)
def tell_of_expired_nodes() -> int:
    return expiring.tell_of_expired()


@jobs.task(max_attempts=None)
def roll_keys(*, network: int) -> None:
    """Change the keys of a network's routers, one after the other."""
    after = rolling.step(network)
    if after is not None:
        raise jobs.Retry(after=after, count=False)


@jobs.every(seconds=30)
@jobs.task(max_attempts=1)
def roll_waiting_keys() -> int:
    return keyupdate.roll_all()
