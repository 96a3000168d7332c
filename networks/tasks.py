"""What is done about networks when nobody waits for it."""

from cloudpilot import jobs
from networks.observing import sweep


@jobs.every(seconds=60)
@jobs.task(max_attempts=1)
def look_at_routers() -> dict[str, int]:
    return sweep.look_at_all()
