import uuid
from typing import Any

from django.db import models
from django.db.models import PROTECT, SET_NULL, F, ProtectedError, Q
from django.utils import timezone

from cloudpilot.crypto import SealedField
from cloudpilot.tenancy import OwnedQuerySet
from hotspot.models import Package, Voucher
from payments.models.credentials import ENVIRONMENTS, Credentials, CredentialsVersion
from payments.states import OPEN, State
from routers.models import Router
from users.models import Company, User

CASH = "cash"  # the provider of money that a member took by hand


def keep_while_paying(collector: Any, field: Any, rows: Any, using: str) -> None:
    """Hold a router back while money for it may be under way; what is paid outlives it."""
    payments = Payment.objects.using(using).filter(pk__in=[row.pk for row in rows])
    waiting = payments.filter(state__in=[*OPEN, State.REVIEW])
    if waiting:
        raise ProtectedError("Payments for this router are under way.", {*waiting})
    SET_NULL(collector, field, rows, using)


class Payment(models.Model):
    """One guest's purchase, from the question to the provider up to the voucher and beyond.

    What was asked for is frozen here: price, package and terms. Its state is written by
    `transitions` alone. Rows are never deleted.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    router = models.ForeignKey(Router, keep_while_paying, null=True, related_name="payments")
    router_name = models.CharField(max_length=100)
    package = models.ForeignKey(Package, SET_NULL, null=True, related_name="payments")
    package_name = models.CharField(max_length=100)
    terms = models.JSONField(help_text="what the voucher will allow; see `terms`")
    voucher = models.OneToOneField(Voucher, SET_NULL, null=True, related_name="payment")

    provider = models.CharField(max_length=20, help_text="a gateway's slug, or cash")
    environment = models.CharField(max_length=7, choices=ENVIRONMENTS)
    credentials = models.ForeignKey(Credentials, PROTECT, null=True, related_name="payments")
    credentials_version = models.ForeignKey(
        CredentialsVersion, PROTECT, null=True, related_name="payments"
    )

    # Minor units.
    amount = models.PositiveBigIntegerField(help_text="the price")
    currency = models.CharField(max_length=3)
    received = models.PositiveBigIntegerField(default=0)
    received_currency = models.CharField(
        max_length=3, blank=True, help_text="of what came and went, if it is not the price's"
    )
    refunded = models.PositiveBigIntegerField(default=0)
    refund_held = models.PositiveBigIntegerField(default=0, help_text="in refunds under way")

    state = models.CharField(max_length=20, choices=State.choices, default=State.CREATED)
    version = models.PositiveIntegerField(default=0, help_text="how many transitions it has")
    reason = models.CharField(max_length=50, blank=True, help_text="why it is where it is; a code")
    provider_ref = models.CharField(max_length=100, blank=True, help_text="the provider's id")
    provider_receipt = models.CharField(max_length=100, blank=True, help_text="as the guest has it")
    pay_url = models.CharField(max_length=500, blank=True, help_text="where the guest goes on")
    accepted_by = models.ForeignKey(
        User, SET_NULL, null=True, related_name="+", help_text="who took it as it is, in review"
    )

    # The guest. The receipt is what opens this payment on the portal, so it is sealed like a key.
    receipt = SealedField()
    receipt_index = models.CharField(max_length=64, unique=True, editable=False)
    phone = SealedField(null=True)
    phone_index = models.CharField(max_length=64, blank=True, editable=False)
    email = SealedField(null=True)
    card_token = SealedField(null=True, help_text="gone once it was sent")
    mac_address = models.CharField(max_length=17, blank=True)
    ip_address = models.CharField(max_length=45, blank=True)
    # Who buys what here, digested: of equals one at a time is open, so that two clicks are one.
    buying = models.CharField(max_length=64, blank=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="when the money was known to be there")
    asked_at = models.DateTimeField(null=True, help_text="when the provider was last asked")
    ask_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="when it is to be asked next; see `polling`"
    )
    polls = models.PositiveIntegerField(default=0)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["buying"],
                condition=Q(state__in=sorted(OPEN)) & ~Q(buying=""),
                name="one_open_purchase",
            ),
            models.UniqueConstraint(
                fields=["provider", "environment", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="one_payment_a_charge",
            ),
            models.UniqueConstraint(
                fields=["credentials", "provider_receipt"],
                condition=~Q(provider_receipt=""),
                name="one_payment_a_receipt",
            ),
            models.CheckConstraint(
                condition=Q(received__gte=F("refunded") + F("refund_held")),
                name="refunds_within_received",
            ),
            # Nothing but the whole price makes a payment good, unless a person said so by name.
            models.CheckConstraint(
                condition=~Q(state=State.SUCCEEDED)
                | Q(received=F("amount"))
                | Q(accepted_by__isnull=False),
                name="paid_is_the_price",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="payment_of_company"),
            models.Index(fields=["company", "state", "-id"], name="payment_by_state"),
            models.Index(fields=["router", "-id"], name="payment_of_router"),
            models.Index(
                fields=["phone_index", "-id"], condition=~Q(phone_index=""), name="payment_by_phone"
            ),
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payment_due"),
            models.Index(fields=["id"], condition=Q(state=State.REVIEW), name="payment_in_review"),
        ]

    def __str__(self) -> str:
        return f"payment {self.public_id}"

    @property
    def money_currency(self) -> str:
        """The currency of `received`, `refunded` and `refund_held`."""
        return self.received_currency or self.currency

    @property
    def remaining(self) -> int:
        """What of the money is still there and not on its way back."""
        return self.received - self.refunded - self.refund_held
