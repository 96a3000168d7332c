from django.db import models

from networks.models.network import Network
from networks.models.node import Node


class Link(models.Model):
    """What one node, `a`, last knew of its tunnel to another: each end has a row of its own."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="links")
    a = models.ForeignKey(Node, models.CASCADE, related_name="links")
    b = models.ForeignKey(Node, models.CASCADE, related_name="links_to_it")
    last_handshake_at = models.DateTimeField(null=True)
    rx_bytes = models.PositiveBigIntegerField(default=0, help_text="as `a` counts them")
    tx_bytes = models.PositiveBigIntegerField(default=0)
    endpoint = models.CharField(max_length=60, blank=True, help_text="where `a` hears `b` from")
    seen_at = models.DateTimeField(help_text="when `a` was asked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="one_link_an_end")]

    def __str__(self) -> str:
        return f"{self.a_id} to {self.b_id}"
