from django.db import models

from users.models import Company


class Platform(models.Model):
    """Which company is the platform's own: what is made with the master key belongs to it."""

    ONLY = 1

    company = models.OneToOneField(Company, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_platform"),
        ]

    def __str__(self) -> str:
        return str(self.company)
