from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CASCADE, PROTECT, ProtectedError, Q

from hotspot.querysets import PackageQuerySet
from routers.models import Router
from users.models import Company

HOURS_A_MONTH = 720


def keep_while_selling(collector: Any, field: Any, rows: Any, using: str) -> None:
    """Hold a router back while it sells; packages that are history go with it."""
    selling = Package.objects.using(using).filter(pk__in=[row.pk for row in rows]).selling()
    if selling:
        raise ProtectedError("The router sells these packages.", {*selling})
    CASCADE(collector, field, rows, using)


class Package(models.Model):
    """What a router sells: so long, so much, so fast, for so many devices, at a price.

    What it says when a voucher is made is frozen on the voucher. A package that sold anything is
    retired instead of deleted.
    """

    class Kind(models.TextChoices):
        HOURLY = "hourly"
        MONTHLY = "monthly"

    class ValidFrom(models.TextChoices):
        FIRST_LOGIN = "first_login"
        SALE = "sale"

    company = models.ForeignKey(Company, PROTECT, related_name="+")
    router = models.ForeignKey(Router, keep_while_selling, related_name="packages")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, max_length=2000)
    package_type = models.CharField(max_length=7, choices=Kind.choices)
    duration_hours = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    price = models.PositiveBigIntegerField(help_text="in minor units of the currency")
    currency = models.CharField(max_length=3, default="KES")
    download_speed_mbps = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    upload_speed_mbps = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    data_limit_mb = models.PositiveIntegerField(
        null=True, blank=True, help_text="of 2^20 bytes, both ways together"
    )
    time_limit_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="online in all; less than its duration, or no limit"
    )
    devices = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="online at once with one voucher"
    )
    valid_from = models.CharField(
        max_length=11, choices=ValidFrom.choices, default=ValidFrom.FIRST_LOGIN
    )
    is_active = models.BooleanField(default=True, help_text="whether it is on sale")
    retired_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["router", "name"],
                condition=Q(retired_at=None),
                name="one_package_a_name",
            ),
            models.CheckConstraint(
                condition=Q(
                    duration_hours__gte=1,
                    download_speed_mbps__gte=1,
                    upload_speed_mbps__gte=1,
                    devices__gte=1,
                ),
                name="package_sells_something",
            ),
        ]
        indexes = [models.Index(fields=["company", "-id"], name="package_of_company")]

    def __str__(self) -> str:
        return f"{self.name} on router {self.router_id}"

    def has_sold(self) -> bool:
        """Whether anything was ever made of it, here or in the apps above."""
        relations = (
            field for field in self._meta.related_objects if field.on_delete is not CASCADE
        )
        return any(
            relation.related_model._base_manager.filter(**{relation.field.name: self}).exists()
            for relation in relations
        )
