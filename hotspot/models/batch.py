from django.conf import settings
from django.db import models
from django.db.models import CASCADE, PROTECT, RESTRICT, SET_NULL

from cloudpilot.tenancy import OwnedQuerySet
from hotspot.models.package import Package
from routers.models import Router
from users.models import Company


class Batch(models.Model):
    """Vouchers that were made together, to be printed and sold by hand."""

    company = models.ForeignKey(Company, PROTECT, related_name="+")
    router = models.ForeignKey(Router, CASCADE, related_name="+")
    package = models.ForeignKey(Package, RESTRICT, related_name="batches")
    name = models.CharField(max_length=100, blank=True)
    count = models.PositiveIntegerField()
    price = models.PositiveBigIntegerField(help_text="of one, as it was then; in minor units")
    currency = models.CharField(max_length=3)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150, help_text="outlives the account")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["company", "-id"], name="vouchers_of_company")]

    def __str__(self) -> str:
        return f"{self.count} of {self.package_id}, batch {self.pk}"
