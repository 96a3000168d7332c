from datetime import datetime, timedelta

from django.db import models

# A process that was stopped without a word is believed to run for so long.
LEASE = timedelta(seconds=20)


class HubProcess(models.Model):
    """The one process that makes this installation's host a node of networks: `run_hub`.

    Two would give a network two keys in turn, so it holds the row under a lease.
    """

    ONLY = 1

    holder = models.CharField(max_length=64)
    host = models.CharField(max_length=255)
    problem = models.CharField(
        max_length=500, blank=True, help_text="why it can do nothing for any network"
    )
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_hub_process")]

    def __str__(self) -> str:
        return self.host

    def is_alive(self, moment: datetime) -> bool:
        return self.seen_at > moment - LEASE
