"""A reader at a terminal: runs a page's lines one block after another, and remembers variables."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CURL_SHIM = Path(__file__).with_name("curl_shim.py")
_STATUS = re.compile(r"^answered (\d{3})$", re.MULTILINE)
_START_SECONDS = 60
_BLOCK_SECONDS = 120

# What each block begins and ends with: curl says the status aside, and variables live on.
_BEFORE = """
set -euao pipefail
curl() { command curl -w '%{stderr}\\nanswered %{http_code}\\n' "$@"; }
"""
_AFTER = '\nenv -0 > "$DOCS_VARIABLES"\n'


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str
    errors: str

    @property
    def status(self):
        """The HTTP status of the block's last answer."""
        found = _STATUS.findall(self.errors)
        return found[-1] if found else ""


class Shell:
    """`ports` says which port each one that a page names is during the test."""

    def __init__(self, folder, ports, environment):
        self._folder = folder
        self._ports = ports
        self._running = []
        bin_folder = _bin_folder(folder)
        path = [str(bin_folder), str(Path(sys.executable).parent), environment["PATH"]]
        self._variables = {**environment, "PATH": ":".join(path)}
        self._kept = folder / ".docs-variables"
        self._variables["DOCS_VARIABLES"] = str(self._kept)

    def run(self, text):
        script = _BEFORE + self._with_ports(text) + _AFTER
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=_BLOCK_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            entries = self._kept.read_text().split("\0")
            self._variables = dict(entry.split("=", 1) for entry in entries if "=" in entry)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run_on(self, text, port):
        """Start what does not end by itself, and return once it listens on `port`."""
        log = (self._folder / f".docs-log-{len(self._running)}").open("w+")
        process = subprocess.Popen(
            # Nobody changes the code meanwhile, and to look for that takes a second process.
            ["bash", "-c", self._with_ports(text).replace(" runserver ", " runserver --noreload ")],
            cwd=self._folder,
            env=self._variables,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.append((process, log))
        give_up_at = time.monotonic() + _START_SECONDS
        while not _listens(self._ports[port]):
            if process.poll() is not None or time.monotonic() > give_up_at:
                log.seek(0)
                raise AssertionError(f"{text.strip()} did not start:\n{log.read()}")
            time.sleep(0.05)

    def close(self):
        for process, log in self._running:
            with contextlib.suppress(ProcessLookupError):  # the group of what we started, no other
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)
            log.close()

    def _with_ports(self, text):
        for shown, real in self._ports.items():
            text = re.sub(rf"(?<!\d){shown}(?!\d)", str(real), text)
        return text


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _bin_folder(folder):
    """Return a folder for PATH that has a `curl` in it where the machine has none."""
    path = folder / ".docs-bin"
    path.mkdir(exist_ok=True)
    if not shutil.which("curl"):
        shim = path / "curl"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CURL_SHIM}" "$@"\n')
        shim.chmod(0o755)
    return path
