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
    """The project as a newcomer has it: no state, no settings, nothing installed in the folder."""
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".env*", ".*_cache", "__pycache__", "var", "site", "db.sqlite3*"
    )
    return Path(shutil.copytree(ROOT, tmp_path / "clone", ignore=left_out))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A database that has its tables and nothing else, for folders whose page begins with that.

    `test_first_run` and the setup guide make theirs from nothing.
    """
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}"}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return path


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
def site(tmp_path_factory):
    """The built documentation, a folder that nobody writes to."""
    folder = tmp_path_factory.mktemp("site")
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
    return folder


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
