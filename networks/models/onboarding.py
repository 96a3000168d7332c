from django.db import models

from networks.models.node import Node


class Onboarding(models.Model):
    """A router that our script set up: what it has fetched, and what it said of itself since."""

    node = models.OneToOneField(Node, models.CASCADE, primary_key=True, related_name="onboarding")
    fetched_at = models.DateTimeField(help_text="when it last got an account for us to log in with")
    polled_at = models.DateTimeField(null=True, help_text="when it last asked what it should hold")
    reported_at = models.DateTimeField(null=True)
    held_version = models.CharField(
        max_length=32, blank=True, help_text="of the desired state that it last said it holds"
    )
    held_rows = models.JSONField(default=dict, help_text="that state: a digest a row, by its place")
    whole_at = models.DateTimeField(
        null=True, help_text="when it last got all rows, changed or not"
    )
    sent_at = models.DateTimeField(null=True, help_text="when it last got any")
    failed = models.JSONField(default=list, help_text="marks of the rows that it refused")
    version = models.CharField(max_length=50, blank=True, help_text="of RouterOS")
    board = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"{self.node_id} fetched {self.fetched_at}"
