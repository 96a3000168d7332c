from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import models
from django.db.models import CASCADE, PROTECT, Q
from django.utils import timezone

from cloudpilot.crypto import SealedField
from cloudpilot.random_ids import public_id
from cloudpilot.tenancy import OwnedQuerySet
from payments.models.notice import Notice
from users.models import Company


class ListenerQuerySet(OwnedQuerySet):
    def listening_to(self, notice: Notice) -> list[Any]:
        """Return those of the notice's company that want to hear of it."""
        active: Any = self.filter(company=notice.company_id, is_active=True).order_by("pk")
        return [row for row in active if notice.kind in row.kinds]


class Listener(models.Model):
    """Who wants to hear of a company's payments, and how well it has been reached of late."""

    class Ended(models.TextChoices):
        BY_HAND = "by_hand", "a member switched it off"
        GONE = "gone", "it says that it is no more"
        REFUSING = "refusing", "it says that what we send with is wrong"
        FAILING = "failing", "it has not been reached for days"

    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    kinds = models.JSONField(help_text="which kinds of notices it is sent")
    description = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    ended_because = models.CharField(max_length=8, choices=Ended.choices, blank=True)
    # In a row; what is sent to it waits until `paused_until`, so that it costs others nothing.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_failure = models.CharField(max_length=20, blank=True, help_text="what went wrong; a code")
    paused_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ListenerQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def forget_failures(self) -> None:
        self.failures, self.failing_since, self.paused_until = 0, None, None
        self.last_failure = ""


class Endpoint(Listener):
    """An address of the company's own systems, which signed webhooks are sent to."""

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "WHE", 16)
    )
    url = models.CharField(max_length=500)
    secret = SealedField(help_text="signs what is sent; `whsec_` and base64")
    previous_secret = SealedField(null=True)
    previous_secret_until = models.DateTimeField(null=True, help_text="signs too until then")

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="endpoint_of_company")]

    def __str__(self) -> str:
        return f"webhook endpoint {self.public_id}"

    def secrets_at(self, moment: datetime) -> list[str]:
        """Return the secrets that sign what is sent then, the newest first."""
        until, previous = self.previous_secret_until, self.previous_secret
        return [self.secret, previous] if previous and until and moment < until else [self.secret]

    def replace_secret(self, new: str, overlap: timedelta) -> None:
        """Sign with `new` from now on, and with the one before as well for some time."""
        self.previous_secret, self.secret = self.secret, new
        self.previous_secret_until = timezone.now() + overlap


class Channel(Listener):
    """A way to people: a chat of Telegram, or mailboxes."""

    class Medium(models.TextChoices):
        TELEGRAM = "telegram"
        EMAIL = "email"

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "CHN", 16)
    )
    medium = models.CharField(max_length=8, choices=Medium.choices)
    addresses = models.JSONField(default=list, help_text="mailboxes")
    chat_id = models.CharField(max_length=40, blank=True, help_text="Telegram's, of the chat")
    bot_token = SealedField(null=True, help_text="Telegram's, of the bot that writes")

    class Meta:
        indexes = [models.Index(fields=["company", "-id"], name="channel_of_company")]

    def __str__(self) -> str:
        return f"{self.medium} channel {self.public_id}"


class Delivery(models.Model):
    """One notice on its way to one endpoint; or, with no notice, a ping."""

    class State(models.TextChoices):
        WAITING = "waiting", "to be sent, or sent again"
        DELIVERED = "delivered"
        FAILED = "failed", "not sent again unless somebody asks"

    public_id = models.CharField(
        max_length=20, unique=True, editable=False, default=partial(public_id, "DLV", 16)
    )
    company = models.ForeignKey(Company, PROTECT, related_name="+", db_index=False)
    endpoint = models.ForeignKey(Endpoint, CASCADE, related_name="deliveries", db_index=False)
    notice = models.ForeignKey(Notice, PROTECT, null=True, related_name="deliveries")
    message_id = models.CharField(max_length=36, help_text="the same each time it is sent")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0, help_text="how far down the ladder it is")
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "notice"],
                condition=Q(notice__isnull=False),
                name="one_delivery_a_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="delivery_of_company"),
            models.Index(fields=["endpoint", "state", "due_at"], name="delivery_due"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.public_id}"

    @property
    def is_ping(self) -> bool:
        return self.notice_id is None


class DeliveryAttempt(models.Model):
    """One try to deliver: how it went, and nothing of what was answered but the status."""

    delivery = models.ForeignKey(Delivery, CASCADE, related_name="tries", db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP's, if it answered")
    failure = models.CharField(max_length=20, blank=True, help_text="what went wrong; a code")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="one_try_a_number"),
        ]

    def __str__(self) -> str:
        return f"try {self.number} of delivery {self.delivery_id}"


class Message(models.Model):
    """One notice on its way to the people of one channel; or, with no notice, a trial."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent", "alone, or within a summary"
        DROPPED = "dropped", "the channel was switched off before it could be sent"

    channel = models.ForeignKey(Channel, CASCADE, related_name="messages", db_index=False)
    notice = models.ForeignKey(Notice, PROTECT, null=True, related_name="messages")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "notice"],
                condition=Q(notice__isnull=False),
                name="one_message_a_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "state", "id"], name="message_waiting"),
            models.Index(fields=["created_at"], name="message_by_age"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} of {self.channel}"
