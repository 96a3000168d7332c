from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from hotspot import expiry


class Command(BaseCommand):
    help = (
        "End the vouchers that are over, and begin those that are due. The worker does so every "
        "few seconds; routers hear of it from the worker."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = expiry.sweep(timezone.now())
        self.stdout.write(f"{count} vouchers have begun or ended.")
