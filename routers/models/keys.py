from django.db import models

from routers.models.router import Router
from routers.querysets import RouterKeyQuerySet


class RouterKey(models.Model):
    """One key that a router's captive portal has or had; see `routers.keys`."""

    key_id = models.CharField(max_length=20, unique=True)
    router = models.ForeignKey(Router, models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    use_count = models.PositiveBigIntegerField(default=0)

    objects = RouterKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["router"],
                condition=models.Q(revoked_at=None),
                name="one_unrevoked_key_a_router",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id
