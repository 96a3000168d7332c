from django.db import models
from django.utils import timezone

from cloudpilot.crypto import digest
from networks.models.network import Network
from networks.querysets import AccessKeyQuerySet

_PURPOSE = "mesh-access-key"


class AccessKey(models.Model):
    """What lets devices join a network, so many times. Of its value only a digest is kept."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="access_keys")
    name = models.CharField(max_length=20)
    value_digest = models.CharField(max_length=64, editable=False)
    uses_left = models.PositiveIntegerField(null=True, default=1, help_text="null: without limit")
    used = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True)
    tags = models.JSONField(default=list, help_text="what nodes that join with it are marked with")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = AccessKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "name"], name="one_key_a_name"),
            models.UniqueConstraint(fields=["network", "value_digest"], name="one_key_a_value"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.network_id}"


def digest_of(value: str) -> str:
    """Return the digest under which a key's value is stored."""
    return digest(value, _PURPOSE)
