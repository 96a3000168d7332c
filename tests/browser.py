"""The browser that tests marked `browser` drive: Debian's Chromium, installed when it can be.

    python -m tests.browser

installs it as root on Debian, and otherwise says why it does not. Never fails: what needs the
browser is skipped then, with the same reason.
"""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

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


# A busy machine draws a page of 150 operations for a minute.
_PATIENCE_MS = 120_000


@contextmanager
def running():
    """Start the browser and hand it over. Django's database is closed to this thread meanwhile."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@contextmanager
def visit(url, width=1280, height=900, chromium=None):
    """Open a page and hand it over; afterwards, no request has gone elsewhere and no script broke."""
    origin = "/".join(url.split("/")[:3])
    asked, broken = [], []
    with nullcontext(chromium) if chromium else running() as one:
        page = one.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(_PATIENCE_MS)
        page.on("request", lambda request: asked.append(request))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if _is_error(line) else None)
        page.goto(url, wait_until="networkidle")
        yield page
        # What the page's own policy kept the browser from asking, nobody was asked.
        sent = [request.url for request in asked if request.failure != "csp"]
        page.close()
    assert sent
    assert not [url for url in sent if not url.startswith((origin, "data:", "blob:"))]
    assert not broken


def _is_error(line):
    is_ours = "Content Security Policy" not in line.text
    return line.type == "error" and is_ours and not line.location["url"].endswith("/favicon.ico")


def keep(page, name):
    if folder := shots_folder():
        page.screenshot(path=folder / f"{name}.png")


# Marks tests that drive it.
needed = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(why_missing()), reason=why_missing() or "installed"),
]


if __name__ == "__main__":
    if reason := install():
        sys.stderr.write(f"Browser tests will be skipped: {reason}\n")
