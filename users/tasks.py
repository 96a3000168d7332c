from datetime import timedelta

from cloudpilot import jobs
from cloudpilot.jobs import clock
from cloudpilot.tasks import delete_in_batches
from users.models import TokenFamily


@jobs.every(seconds=3600)
@jobs.task()
def delete_expired_tokens() -> int:
    """Delete logins of which no token has been good for a day."""
    return delete_in_batches(TokenFamily.objects.expired_before(clock.now() - timedelta(days=1)))
