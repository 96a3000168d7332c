import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from cloudpilot.keys import random_fernet_key, replace_file

_NAME = "ENCRYPTION_KEY"
_SETS_IT = re.compile(rf"\s*(export\s+)?{_NAME}\s*=")


class Command(BaseCommand):
    help = "Print a new Fernet key for ENCRYPTION_KEY; with --write, put it first in .env."

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="put it first in .env")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        key = random_fernet_key()
        if not write:
            self.stdout.write(key)
            return
        path = settings.BASE_DIR / ".env"
        # The keys in use stay behind the new one: what they sealed must still open.
        put_in_env_file(path, ",".join([key, *settings.ENCRYPTION_KEYS]))
        self.stdout.write(f"Wrote {_NAME} to {path}. Restart, then run rotate_secrets.")


def put_in_env_file(path: Path, value: str) -> None:
    """Set ENCRYPTION_KEY in an environment file, in place of the line that did."""
    lines = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in lines if not _SETS_IT.match(line)]
    replace_file(path, "\n".join([*kept, f"{_NAME}={value}", ""]))
