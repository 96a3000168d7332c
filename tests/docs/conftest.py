import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from routers.simulator import Simulator
from tests import browser

ROOT = Path(settings.BASE_DIR)
_OURS_ALONE = ("STATE_DIR", "DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEY", "PUBLIC_URL")
NOT_RUN = pytest.StashKey[list[str]]()


@pytest.fixture
def clone(tmp_path):
    """The project as a newcomer has it: no state, no settings, nothing installed in the folder.

    Only what is compiled comes along, so that no page's processes compile it all again.
    """
    half_written = "*.pyc.*"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".env*", ".*_cache", half_written, "var", "site", "db.sqlite3*"
    )
    return Path(shutil.copytree(ROOT, tmp_path / "clone", ignore=left_out))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id):
    """Return a function that makes a file or a folder for all processes of a test run.

    Nobody may write to it: the first who asks for it makes it, and the others are given the same.
    """
    base = tmp_path_factory.getbasetemp()
    of_the_run = base if worker_id == "master" else base.parent

    def path_of(name, make):
        path = of_the_run / name
        unfinished = of_the_run / f"{name}.unfinished"
        with (of_the_run / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                make(unfinished)
                unfinished.rename(path)
        return path

    return path_of


@pytest.fixture(scope="session")
def migrated(made_once):
    """A database that has its tables and nothing else, for folders whose page begins with that.

    `test_first_run` makes its own from nothing.
    """

    def migrate(path):
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}"}
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)

    return made_once("migrated.sqlite3", migrate)


@pytest.fixture
def bare_environment():
    """The machine's environment without any setting of ours."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
    return {**kept, "NO_MKDOCS_2_WARNING": "1"}


@pytest.fixture(scope="session")
def simulator():
    with Simulator(services=("api", "api-ssl", "rest")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def site(made_once):
    """The built documentation, a folder."""
    return made_once("site", _build)


def _build(folder):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # the theme's advertisement
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr


@pytest.fixture
def device(simulator):
    """A simulated router in its first state, with nothing wrong."""
    device = simulator.devices[0]
    device.faults.clear()
    device.factory_reset()
    return device


def pytest_configure(config):
    config.stash[NOT_RUN] = []


def pytest_terminal_summary(terminalreporter, config):
    if reason := browser.why_missing():
        terminalreporter.section(f"BROWSER TESTS SKIPPED: {reason}")
    left_out = config.stash.get(NOT_RUN, [])
    if left_out:
        terminalreporter.section(f"documentation blocks not run: {len(left_out)}")
        for line in sorted(set(left_out)):
            terminalreporter.write_line(line)
