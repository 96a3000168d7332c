from django.db import models
from django.utils import timezone

from routers.models.router import Router


class Reconciliation(models.Model):
    """How far a router is from its desired state, and who may write to it now.

    A router is dirty while `desired_version` is ahead of `applied_version`. The lease is taken,
    renewed and given back in `routers.reconcile.lease` alone.
    """

    router = models.OneToOneField(
        Router, models.CASCADE, primary_key=True, related_name="reconciliation"
    )
    desired_version = models.PositiveBigIntegerField(default=1)
    applied_version = models.PositiveBigIntegerField(default=0)
    # Changes that can cut the connection. A digest stands for the rows that ask for them: until
    # those rows change, what a router has taken back once is not tried again.
    armed_token = models.CharField(
        max_length=16, blank=True, help_text="of the revert that waits on the router"
    )
    armed_rows = models.CharField(
        max_length=64, blank=True, help_text="what it would take back, as a digest"
    )
    reverted_rows = models.CharField(
        max_length=64, blank=True, help_text="what the router took back last, as a digest"
    )
    menus = models.JSONField(default=list, help_text="where rows of ours may be")
    last_pass_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    drift_repaired = models.PositiveBigIntegerField(default=0)
    problems = models.JSONField(default=list, help_text="what the router refused in the last pass")
    error = models.CharField(max_length=500, blank=True, help_text="why the last pass failed")

    holder = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.router_id}: {self.applied_version} of {self.desired_version}"


class WrittenSecret(models.Model):
    """The digest of a secret that we wrote to a router, which does not show it again."""

    router = models.ForeignKey(Router, models.CASCADE, related_name="+")
    menu = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    field = models.CharField(max_length=50)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["router", "menu", "key", "field"], name="one_digest_a_secret"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.key}"
