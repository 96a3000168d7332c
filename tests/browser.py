"""The browser that tests marked `browser` drive: Debian's Chromium, installed when it can be.

    python -m tests.browser

installs it as root on Debian, and otherwise says why it does not. Never fails: what needs the
browser is skipped then, with the same reason.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def path():
    """Return where Chromium is, None if there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def why_missing():
    if path():
        return ""
    if not shutil.which("apt-get"):
        return "no Chromium here, and this is no Debian that could install it"
    if os.geteuid() != 0:
        return "no Chromium here; install it with: apt-get install chromium"
    return "no Chromium here; `make test` installs it"


def install():
    """Return the reason if Chromium is still missing at the end."""
    if not why_missing().endswith("installs it"):
        return why_missing()
    sys.stderr.write("Installing Chromium for the tests marked browser.\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}"
    return why_missing()


def shots_folder():
    """Return where to keep screenshots, None if nobody asked: CLOUDPILOT_SHOTS=folder."""
    wanted = os.environ.get("CLOUDPILOT_SHOTS")
    return Path(wanted) if wanted else None


if __name__ == "__main__":
    if reason := install():
        sys.stderr.write(f"Browser tests will be skipped: {reason}\n")
