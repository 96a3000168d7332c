from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.simulator import ProviderSimulator


class Command(BaseCommand):
    help = "Run the simulated payment providers on loopback until interrupted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="0: any")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="0.01: guests and retries in 1/100 of the time"
        )
        parser.add_argument("--seed", type=int, help="the same ids for the same requests")

    def handle(self, *args: Any, port: int, scale: float, seed: int | None, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        try:
            simulator = ProviderSimulator(port=port, running=True, scale=scale, seed=seed)
        except OSError as error:
            raise CommandError(str(error)) from error
        with simulator:
            self.stdout.write(f"listening on {simulator.page.rstrip('/')}")
            for slug in simulator.slugs:
                self.stdout.write(f"{slug.upper()}_BASE_URL={simulator.url(slug)}")
            self.stdout.flush()
            stop.wait()
