from django.db import models
from django.utils import timezone

from networks.models.network import Network


class Lease(models.Model):
    """The place in a network's ranges that a device has, by number.

    It outlives the device's node, so that a router which was wiped gets its address again; only
    when no other is left does somebody else get it.
    """

    network = models.ForeignKey(Network, models.CASCADE, related_name="leases")
    mac_address = models.CharField(max_length=17)
    number = models.PositiveIntegerField()
    leased_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, help_text="when its node was deleted")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "mac_address"], name="one_lease_a_device"),
            models.UniqueConstraint(fields=["network", "number"], name="one_device_a_number"),
        ]
        indexes = [
            models.Index(
                fields=["network", "released_at"],
                condition=models.Q(released_at__isnull=False),
                name="lease_released",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mac_address}: number {self.number} of {self.network_id}"
