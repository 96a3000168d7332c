from django.db import models
from django.utils import timezone

from networks.models.network import Network
from networks.models.node import Node


class KeyUpdate(models.Model):
    """One round of new keys for the nodes of a network.

    It ends when each has made one, or left; but for those that keep theirs.
    """

    network = models.ForeignKey(Network, models.CASCADE, related_name="key_updates")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network"],
                condition=models.Q(ended_at=None),
                name="one_key_update_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"new keys for {self.network_id} since {self.started_at}"


class KeyChange(models.Model):
    """How far one node is in a key update. Public keys only: private ones stay where they are."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed", "is tried again"
        AWAY = "away", "is tried again when it is back"
        KEPT = "kept", "keeps its key"

    update = models.ForeignKey(KeyUpdate, models.CASCADE, related_name="changes")
    node = models.OneToOneField(Node, models.CASCADE, related_name="key_change")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, help_text="when it is tried next")
    # Of a change that is under way: what it is from and to, and the mark of its rows on routers.
    old_key = models.CharField(max_length=44, blank=True)
    new_key = models.CharField(max_length=44, blank=True)
    token = models.CharField(max_length=16, blank=True)
    has_partner = models.BooleanField(
        default=False, help_text="a router of ours, or the hub, was there to hear it before"
    )
    flips_at = models.DateTimeField(null=True, help_text="when routers take up the new key")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["update"],
                condition=models.Q(state="running"),
                name="one_new_key_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.node_id}: {self.state}"
