from django.db import models

from routers.models import Router


class Watch(models.Model):
    """When a router's guests were last looked at; see `watching`."""

    router = models.OneToOneField(Router, models.CASCADE, primary_key=True, related_name="watch")
    seen_at = models.DateTimeField(null=True, help_text="who is online")
    counted_at = models.DateTimeField(null=True, help_text="what every voucher has used")
    login_url = models.CharField(max_length=300, blank=True, help_text="where its guests log in")

    def __str__(self) -> str:
        return f"{self.router_id} at {self.seen_at}"
