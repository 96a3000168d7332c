import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from networks.hub.running import Hub


class Command(BaseCommand):
    help = (
        "Make this host a node of the networks that /api/server/addnetwork/ names, until SIGTERM or "
        "SIGINT. Needs CAP_NET_ADMIN, ip and wg; docs/mesh-hub.md says more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--down", action="store_true", help="take down all interfaces of ours, and end"
        )

    def handle(self, *args: Any, down: bool, **options: Any) -> None:
        hub = Hub()
        if down:
            hub.take_down_all()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: hub.stop())
        hub.run()
