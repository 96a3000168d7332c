"""WireGuard for tests marked `wireguard`: Debian's, between network namespaces.

    python -m tests.wireguard

installs it as root on Debian, and otherwise says why it does not. Never fails: what needs it is
skipped then, with the same reason.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAMS = {"ip": "iproute2", "wg": "wireguard-tools", "wireguard-go": "wireguard-go"}
_TUN = Path("/dev/net/tun")


def why_missing():
    if os.geteuid() != 0:
        return "WireGuard is tried between network namespaces, which only root may make"
    if reason := _why_no_tun() or _why_no_namespaces():
        return reason
    missing = ", ".join(package for name, package in _PROGRAMS.items() if not shutil.which(name))
    if missing and not shutil.which("apt-get"):
        return f"no {missing} here, and this is no Debian that could install it"
    return f"no {missing} here; `make test` installs it" if missing else ""


def _why_no_tun():
    try:
        os.close(os.open(_TUN, os.O_RDWR))
    except OSError as exc:
        return f"{_TUN}, which WireGuard outside of the kernel needs: {exc.strerror}"
    return ""


def _why_no_namespaces():
    """Try what the tests do: hosts that are cabled to each other."""
    if not shutil.which("ip"):
        return ""  # to be installed first
    name = f"cp-trial-{os.getpid()}"
    trial = [
        ["ip", "netns", "add", name],
        ["ip", "-n", name, "link", "add", "name", "switch", "type", "bridge"],
        ["ip", "-n", name, "link", "add", "name", "port", "type", "veth", "peer", "name", "far"],
    ]
    went = all(not subprocess.run(c, capture_output=True, check=False).returncode for c in trial)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return "" if went else "network namespaces cannot be made and cabled here"


def install():
    """Return the reason if WireGuard is still missing at the end."""
    if not why_missing().endswith("installs it"):
        return why_missing()
    sys.stderr.write("Installing WireGuard for the tests marked wireguard.\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_PROGRAMS.values()],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}"
    return why_missing()


_REASON = why_missing()

# Marks tests that send packets through it.
needed = [pytest.mark.wireguard, pytest.mark.skipif(bool(_REASON), reason=_REASON or "installed")]


if __name__ == "__main__":
    if reason := install():
        sys.stderr.write(f"WireGuard tests will be SKIPPED: {reason}\n")
