from datetime import timedelta

from django.db import models
from django.db.models import CASCADE, PROTECT, SET_NULL, Q

from cloudpilot.tenancy import OwnedQuerySet
from hotspot.models.voucher import Voucher
from routers.models import Router
from users.models import Company


class Login(models.Model):
    """A guest's session on a router, as it was seen there: who, from where, and how much.

    Counters of an open session are those of the last look at the router.
    """

    class Kind(models.TextChoices):
        VOUCHER = "voucher"
        EMAIL = "email"
        FACEBOOK = "facebook"
        MOBILE = "mobile"
        FREE = "free"
        OTHER = "other", "a user that the router's owner keeps"

    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    router = models.ForeignKey(Router, CASCADE, related_name="logins", db_index=False)
    voucher = models.ForeignKey(Voucher, SET_NULL, null=True, related_name="logins", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.VOUCHER)
    name = models.CharField(max_length=100, blank=True, help_text="empty: the voucher's code")
    mac_address = models.CharField(max_length=17, blank=True)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    session_id = models.CharField(max_length=20, blank=True, help_text="the router's own")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    online_time = models.DurationField(default=timedelta)
    uploaded = models.PositiveBigIntegerField(default=0)
    downloaded = models.PositiveBigIntegerField(default=0)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["company", "-id"], name="login_of_company"),
            models.Index(fields=["router", "-id"], name="login_of_router"),
            models.Index(fields=["voucher", "-id"], name="login_of_voucher"),
            models.Index(fields=["router"], condition=Q(ended_at=None), name="login_open"),
            models.Index(fields=["ended_at"], name="login_by_end"),  # for housekeeping
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["router", "session_id"],
                condition=Q(ended_at=None) & ~Q(session_id=""),
                name="one_open_login_a_session",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on router {self.router_id} at {self.at}"
