from django.db import models

from cloudpilot.tenancy import OwnedQuerySet
from routers.models.router import Router
from users.models import Company


class RouterStatus(models.Model):
    """What the sweeps of `routers.fleet` know of a router.

    `Router.is_online` is what people see: a connection test writes it as well.
    """

    router = models.OneToOneField(Router, models.CASCADE, primary_key=True, related_name="status")
    checked_at = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(
        null=True, db_index=True, help_text="of one that did not answer; the others: every sweep"
    )
    is_up = models.BooleanField(null=True, help_text="so far as misses in a row can say")
    misses = models.PositiveSmallIntegerField(default=0, help_text="checks in a row unanswered")
    announced = models.BooleanField(null=True, help_text="online, as the last event said")
    turned_at = models.JSONField(default=list, help_text="when it last turned, for flapping")
    reason = models.CharField(max_length=20, blank=True, help_text="why it did not answer")
    version = models.CharField(max_length=50, blank=True)
    board_name = models.CharField(max_length=100, blank=True)
    uptime = models.CharField(max_length=30, blank=True, help_text="as RouterOS writes it")
    cpu_load = models.PositiveSmallIntegerField(null=True, help_text="per cent")
    free_memory = models.PositiveBigIntegerField(null=True, help_text="bytes")
    total_memory = models.PositiveBigIntegerField(null=True, help_text="bytes")

    def __str__(self) -> str:
        return f"{self.router_id} seen {self.last_seen}"


class RouterSample(models.Model):
    """What the checks of one span of time saw: sums, so that spans add up to longer ones."""

    router = models.ForeignKey(Router, models.CASCADE, related_name="samples")
    width = models.PositiveIntegerField(help_text="seconds")
    starts_at = models.DateTimeField()
    checks = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    cpu_load_sum = models.PositiveBigIntegerField(default=0)
    cpu_load_max = models.PositiveSmallIntegerField(default=0)
    free_memory_sum = models.PositiveBigIntegerField(default=0)
    total_memory = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["router", "width", "starts_at"], name="one_sample_a_span"
            ),
        ]
        indexes = [models.Index(fields=["width", "starts_at"], name="sample_by_age")]

    def __str__(self) -> str:
        return f"{self.router_id} {self.starts_at} for {self.width} s"


class RouterEvent(models.Model):
    """Something that an operator wants to know happened to a router. Rows are only added."""

    class Kind(models.TextChoices):
        ONLINE = "online"
        OFFLINE = "offline"
        FLAPPING = "flapping", "goes and comes; silent until it settles"
        REBOOTED = "rebooted"
        DRIFT_REPAIRED = "drift_repaired"
        RECONCILE_FAILED = "reconcile_failed"
        RECONCILE_REFUSED = "reconcile_refused"
        REVERTED = "reverted", "a change cut the router off, and it took the change back"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    router = models.ForeignKey(Router, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    details = models.JSONField(default=dict)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["router", "-id"], name="event_of_router"),
            models.Index(fields=["company", "-id"], name="event_of_company"),
        ]

    def __str__(self) -> str:
        return f"{self.router_id} {self.kind} at {self.at}"
