import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

_GUNICORN = ["-m", "gunicorn", "-c", "python:cloudpilot.gunicorn_conf"]
_START_SECONDS = 60
_STOP_SECONDS = 10


class Command(BaseCommand):
    help = (
        "Run the whole product with simulated routers and payment providers: database, demo data, "
        "web server, worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        from cloudpilot import demo  # needs the apps, which a mere `--help` does not

        signal.signal(signal.SIGTERM, _interrupt)
        port = _free_port(port)
        url = f"http://127.0.0.1:{port}"
        log = settings.STATE_DIR / "run.log"
        with ExitStack() as stack:
            file = stack.enter_context(log.open("ab"))
            call_command("migrate", verbosity=0)
            # One for whoever tries the API, and one for the demo user: each wants its own rows.
            simulate = ["manage.py", "simulate_router", "--count", "2", "--control-port", "0"]
            routers = _start(stack, simulate, file, pipe=True)
            router_port, demo_port = (_announced_port(routers) for _ in range(2))
            control = _announced(routers, "control on ")
            providers = _start(stack, ["manage.py", "simulate_providers"], file, pipe=True)
            phone = _announced(providers, "listening on ")
            password = demo.load(demo_port)
            # To both: what a worker writes to a router names us as well. By the name that is the
            # default, so that commands in another terminal want no other rows.
            place = {"PUBLIC_URL": f"http://localhost:{port}", "PORT": str(port)}
            for slug in settings.PROVIDER_BASE_URLS:
                name = f"{slug.upper()}_BASE_URL"
                place[name] = _announced(providers, f"{name}=")
            shop = demo.open_shop(providers=phone, public_url=place["PUBLIC_URL"])
            server = _start(stack, _GUNICORN, file, place=place)
            worker = _start(stack, ["manage.py", "run_worker"], file, place=place)
            stack.enter_context(demo.hub())
            _wait_until_healthy(url, server, log)
            self.stdout.write(
                demo.lines(
                    url=url,
                    port=router_port,
                    control=control,
                    phone=phone,
                    shop=shop,
                    password=password,
                    log=str(log),
                )
            )
            self.stdout.flush()
            _wait([server, routers, providers, worker])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _free_port(port: int) -> int:
    """Return `port`, or a free one for 0. Raises `CommandError` if somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise CommandError(f"Port {port} is taken; try: make run PORT=8010") from exc
        taken: int = probe.getsockname()[1]
        return taken


def _start(
    stack: ExitStack,
    arguments: list[str],
    log: IO[bytes],
    *,
    pipe: bool = False,
    place: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a part of the product, told its `place`; it ends with the stack, at the latest by force."""
    process = subprocess.Popen(  # noqa: S603 (our own commands)
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **(place or {})},
        stdout=subprocess.PIPE if pipe else log,
        stderr=log,
    )
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _announced_port(routers: subprocess.Popen[bytes]) -> int:
    return int(_announced(routers, "listening on ").rpartition(":")[2])


def _announced(simulator: subprocess.Popen[bytes], what: str) -> str:
    """Return what follows `what` on the next line that a simulator prints."""
    line = simulator.stdout.readline().decode().strip() if simulator.stdout else ""
    if not line.startswith(what):
        raise CommandError("A simulator did not start; see the log.")
    return line.removeprefix(what)


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/", timeout=5):  # noqa: S310 (our own)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise CommandError(f"The web server did not start; see {log}.")


def _wait(processes: list[subprocess.Popen[bytes]]) -> None:
    """Return when somebody presses Ctrl-C; a part that ends by itself is an error."""
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
    raise CommandError("A part of the product has stopped; see the log.")
