from __future__ import annotations

import resource
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from routers.simulator import Simulator
from routers.simulator.control import Control
from routers.simulator.faults import parse_fault
from routers.simulator.web import no_web, real_web


class Command(BaseCommand):
    help = "Run one or more simulated routers on loopback until interrupted."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version would print Django's; here it is the router's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="the first router's; 0: any")
        parser.add_argument("--count", type=int, default=1)
        parser.add_argument("--username", default="admin")
        parser.add_argument("--password", default="admin")
        parser.add_argument("--tls", action="store_true", help="the API over TLS (api-ssl)")
        parser.add_argument("--rest", action="store_true", help="serve REST too")
        parser.add_argument("--version", default="7.16.2", help="the RouterOS version to be")
        parser.add_argument("--board", default="hEX", help="hEX, hAP ac^2 or CHR")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME[=VALUE]",
            help="start with this fault; may be given more than once",
        )
        parser.add_argument(
            "--web", action="store_true", help="let scripts of the routers fetch from real servers"
        )
        parser.add_argument("--control-port", type=int, help="serve the JSON control endpoint")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        api = "api-ssl" if options["tls"] else "api"
        rest = "rest-ssl" if options["tls"] else "rest"
        _allow_sockets(options["count"])
        try:
            faults = dict(map(parse_fault, options["fault"]))
            simulator = Simulator(
                options["count"],
                username=options["username"],
                password=options["password"],
                version=options["version"],
                board=options["board"],
                services=(api, rest) if options["rest"] else (api,),
                ports={api: options["port"]},
            )
            for device in simulator.devices:
                device.faults.set(**faults)
                device.router.web = real_web if options["web"] else no_web
            simulator.start()
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        try:
            self._run(simulator, api, rest, options, stop)
        finally:
            simulator.stop()

    def _run(
        self,
        simulator: Simulator,
        api: str,
        rest: str,
        options: dict[str, Any],
        stop: threading.Event,
    ) -> None:
        for device in simulator.devices:
            self._say(f"listening on {device.host}:{device.port(api)}")
        for device in simulator.devices if options["rest"] else ():
            self._say(f"rest on {device.host}:{device.port(rest)}")
        if options["tls"]:
            self._say(f"certificate fingerprint {simulator.devices[0].fingerprint}")
        if options["control_port"] is None:
            stop.wait()
            return
        control = Control(simulator.devices, options["control_port"])
        control.start()
        self._say(f"control on {control.url}")
        stop.wait()
        control.stop()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _allow_sockets(count: int) -> None:
    """Raise our own limit of open files, as far as the system lets us, to what a fleet takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Two listeners and a few connections each, and some for the process itself.
    wanted = 200 + 8 * count
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
