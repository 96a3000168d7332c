import resource
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from cloudpilot.jobs import ending, run_due, schedules
from cloudpilot.jobs.worker import Worker


class Command(BaseCommand):
    help = "Run tasks and schedules until SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=16, help="how many jobs at a time")
        parser.add_argument("--grace", type=float, default=8, help="seconds to end in, when told")
        parser.add_argument("--once", action="store_true", help="run what is due now, and end")

    def handle(self, *args: Any, threads: int, grace: float, once: bool, **options: Any) -> None:
        _allow_many_sockets()
        if once:
            ending.reclaim()
            schedules.tick()
            run_due()
            return
        _allow_connections(threads)
        worker = Worker(threads, grace=grace)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()


def _allow_many_sockets() -> None:
    """Take all files that the system allows us: each router that is kept open is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _allow_connections(threads: int) -> None:
    """Let each thread have a connection to the database, and those that serve them."""
    pool = connection.settings_dict["OPTIONS"].get("pool")
    if isinstance(pool, dict):
        pool["max_size"] = max(pool.get("max_size", 0), threads + 4)
