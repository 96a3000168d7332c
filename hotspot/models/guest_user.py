from django.db import models
from django.db.models import CASCADE, PROTECT
from django.utils import timezone

from cloudpilot.tenancy import OwnedQuerySet
from routers.models import Router
from users.models import Company


class GuestUser(models.Model):
    """Somebody who told a captive portal who they are, instead of buying a voucher."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        FACEBOOK = "facebook"
        MOBILE = "mobile"
        FREE = "free"

    company = models.ForeignKey(Company, PROTECT, related_name="+")
    router = models.ForeignKey(Router, CASCADE, related_name="guest_users")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    identity = models.CharField(
        max_length=254, help_text="e-mail address, Facebook id, phone number, or device (free)"
    )
    name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    mac_address = models.CharField(max_length=17, blank=True, help_text="of the last device seen")
    visits = models.PositiveIntegerField(default=0)
    # The three fields that a portal may ask for; what they mean is the portal's business.
    comments = models.CharField(max_length=200, blank=True)
    comments1 = models.CharField(max_length=200, blank=True)
    comments2 = models.CharField(max_length=200, blank=True)
    marketing = models.BooleanField(default=False, help_text="whether they agreed to be written to")
    verified = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    last_login_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["router", "kind", "identity"], name="one_guest_an_identity"
            ),
        ]
        indexes = [models.Index(fields=["company", "-id"], name="guest_user_of_company")]

    def __str__(self) -> str:
        return f"{self.kind} guest {self.pk} of router {self.router_id}"
