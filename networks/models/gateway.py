from django.db import models
from django.utils import timezone

from networks.models.node import Node


class Gateway(models.Model):
    """A node's way out: the ranges behind one of its interfaces that all other nodes reach by it.

    With no range yet nothing is routed: whoever made it did not know them, and nor did the router.
    """

    node = models.OneToOneField(Node, models.CASCADE, primary_key=True, related_name="gateway")
    ranges = models.JSONField(default=list, help_text="as texts, such as 192.168.88.0/24")
    interface = models.CharField(max_length=63, help_text="as the caller named it")
    found_interface = models.CharField(
        max_length=63, blank=True, editable=False, help_text="as the router was found to name it"
    )
    nat = models.BooleanField(
        default=True, help_text="hosts behind it see the gateway's address, and need no way back"
    )
    post_up = models.CharField(max_length=1000, blank=True)
    post_down = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{', '.join(self.ranges)} by {self.node}"
