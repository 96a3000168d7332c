from datetime import datetime, timedelta

from django.db import models
from django.db.models import CASCADE, PROTECT, RESTRICT, Q
from django.utils import timezone

from cloudpilot.crypto import SealedField
from hotspot.models.batch import Batch
from hotspot.models.package import Package
from hotspot.querysets import VoucherQuerySet
from hotspot.states import OPEN, State, is_used_up, state_of
from routers.models import Router
from users.models import Company


class Voucher(models.Model):
    """The right to be online at one router: what it allows, what is used of it, and how it stands.

    Nothing here says what state it is in: that follows from the facts and the time, see
    `state_at` and `VoucherQuerySet.with_state`. On the router it is a hotspot user (`desired.py`).
    """

    class Source(models.TextChoices):
        SINGLE = "single", "made one by one"
        BATCH = "batch"
        SALE = "sale", "paid for on the portal"
        GATEWAY = "gateway", "made through the guest gateway"

    # Without indexes of their own: those below begin with the same columns.
    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    router = models.ForeignKey(Router, CASCADE, related_name="vouchers", db_index=False)
    package = models.ForeignKey(
        Package, RESTRICT, null=True, related_name="vouchers", db_index=False
    )
    batch = models.ForeignKey(Batch, CASCADE, null=True, related_name="vouchers", db_index=False)
    source = models.CharField(max_length=7, choices=Source.choices)
    code = SealedField(bound_to="code_index", help_text="the user name; text, also if of digits")
    code_index = models.CharField(max_length=64, editable=False)  # see codes.index
    password = SealedField(bound_to="code_index", null=True, help_text="null: the code is it")
    full_name = models.CharField(max_length=100, blank=True, help_text="of the guest")

    # What it allows, frozen when it was made; null: no limit.
    lifetime = models.DurationField(null=True, help_text="by the clock on the wall")
    time_limit = models.DurationField(null=True, help_text="online in all")
    data_limit = models.PositiveBigIntegerField(null=True, help_text="bytes, both ways together")
    upload_limit = models.PositiveBigIntegerField(null=True, help_text="bytes")
    download_limit = models.PositiveBigIntegerField(null=True, help_text="bytes")
    upload_speed_mbps = models.PositiveIntegerField(null=True)
    download_speed_mbps = models.PositiveIntegerField(null=True)
    devices = models.PositiveSmallIntegerField(default=1)
    bound_mac = models.CharField(
        max_length=17, blank=True, help_text="the only device that may use it"
    )

    # When. A voucher that counts from first login has no end until then.
    valid_from = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(
        null=True, help_text="when the server took it off the router; see `expiry`"
    )
    due_at = models.DateTimeField(
        null=True, help_text="when the clock alone will next change what it allows"
    )

    # What is learnt from the router; see `usage`.
    first_login_at = models.DateTimeField(null=True)
    last_login_at = models.DateTimeField(null=True)
    mac_address = models.CharField(max_length=17, blank=True, help_text="of the last device seen")
    online_time = models.DurationField(default=timedelta)
    uploaded = models.PositiveBigIntegerField(default=0)
    downloaded = models.PositiveBigIntegerField(default=0)
    # What was used before the router's own counters of this user began: it knows nothing of that.
    online_time_before = models.DurationField(default=timedelta)
    uploaded_before = models.PositiveBigIntegerField(default=0)
    downloaded_before = models.PositiveBigIntegerField(default=0)
    on_router_at = models.DateTimeField(null=True, help_text="since when the router has it")
    problem = models.CharField(
        max_length=20, blank=True, help_text="why the router does not have it as it should, if so"
    )

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, help_text="by people, not by use")

    objects = VoucherQuerySet.as_manager()

    class Meta:
        constraints = [
            # Of revoked ones the code is free again: a gateway may make the same user anew.
            models.UniqueConstraint(
                fields=["router", "code_index"],
                condition=Q(revoked_at=None),
                name="one_voucher_a_code",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="voucher_of_company"),
            models.Index(fields=["router", "-id"], name="voucher_of_router"),
            models.Index(fields=["package", "-id"], name="voucher_of_package"),
            models.Index(fields=["batch", "-id"], name="voucher_of_batch"),
            models.Index(fields=["code_index"], name="voucher_by_code"),
            # For lists by state: of most states a company has few, and would look long for them.
            models.Index(
                fields=["company", "-id"],
                condition=Q(revoked_at__isnull=False),
                name="voucher_revoked",
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(paused_at__isnull=False),
                name="voucher_paused",
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(ended_at__isnull=False),
                name="voucher_ended",
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(first_login_at__isnull=False, ended_at=None, revoked_at=None),
                name="voucher_in_use",
            ),
            models.Index(
                fields=["company", "-id"], condition=Q(problem__gt=""), name="voucher_with_problem"
            ),
            # For housekeeping: the device is forgotten some day.
            models.Index(
                fields=["last_login_at"],
                condition=Q(mac_address__gt=""),
                name="voucher_with_device",
            ),
            models.Index(
                fields=["company", "full_name"],
                condition=Q(full_name__gt=""),
                name="voucher_by_name",
            ),
            models.Index(
                fields=["router", "id"],
                condition=Q(revoked_at=None, ended_at=None),
                name="voucher_on_router",
            ),
            models.Index(
                fields=["router"], condition=Q(on_router_at__isnull=False), name="voucher_held"
            ),
            models.Index(
                fields=["router", "ended_at"],
                condition=Q(ended_at__isnull=False),
                name="voucher_by_end",
            ),
            models.Index(
                fields=["router", "revoked_at"],
                condition=Q(revoked_at__isnull=False),
                name="voucher_by_revocation",
            ),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="voucher_due"),
        ]

    def __str__(self) -> str:
        return f"voucher {self.pk} of router {self.router_id}"

    @property
    def is_used_up(self) -> bool:
        return is_used_up(vars(self))

    def state_at(self, now: datetime) -> State:
        """Return what the facts make of it at `now`."""
        return state_of(vars(self), now)

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the clock alone will next change what the router should know of it.

        That is past, and so at once, for what is over already and has not been taken off.
        """
        state = self.state_at(now)
        if state == State.SCHEDULED:
            return self.valid_from
        is_to_end = state in OPEN or (state == State.EXPIRED and not self.ended_at)
        return self.expires_at if is_to_end else None
