"""Hosts in network namespaces, all on one network that stands for the Internet."""

import ctypes
import os
import secrets
import select
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_OURS = Path("/proc/thread-self/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)
_USERSPACE = {
    "WG_QUICK_USERSPACE_IMPLEMENTATION": "wireguard-go",
    "WG_ENDPOINT_RESOLUTION_RETRIES": "0",
}


def run(*command, text=""):
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, **_USERSPACE},
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


class Lab:
    """The Internet of a test. What is made here is gone afterwards."""

    def __init__(self, folder):
        self.tag = secrets.token_hex(2)  # interfaces of WireGuard have one name on the machine
        self.folder = folder
        self.machines = []
        self._exchange = f"cp{self.tag}x"
        run("ip", "netns", "add", self._exchange)
        run(
            "ip",
            "-n",
            self._exchange,
            "-batch",
            "-",
            text="link add name switch type bridge\nlink set switch up\n",
        )

    def machine(self, address):
        """Return a new host that has this address on the Internet, such as 198.51.100.1/24."""
        machine = Machine(self, f"cp{self.tag}{len(self.machines)}")
        self.machines.append(machine)
        self.cable(machine, "wan", address)
        return machine

    def cable(self, machine, port, address):
        """Connect a host to the exchange."""
        far = f"{machine.name}{port}"
        run("ip", "-batch", "-", text=(
            f"link add {port} netns {machine.name} type veth peer name {far} netns {self._exchange}\n"
        ))  # fmt: skip
        run("ip", "-n", self._exchange, "link", "set", far, "master", "switch", "up")
        run("ip", "-n", machine.name, "-batch", "-", text=(
            f"link set lo up\naddress add {address} dev {port}\nlink set {port} up\n"
        ))  # fmt: skip

    def behind(self, machine, address, beyond):
        """Return a host that is on `machine`'s own network alone, and sends all else to it."""
        host = Machine(self, f"{machine.name}l")
        self.machines.append(host)
        run("ip", "link", "add", "lan", "netns", machine.name, "type", "veth", "peer", "name", "wan",
            "netns", host.name)  # fmt: skip
        nodad = "nodad" if ":" in address else ""  # nobody else is there to have it
        for end, port, own in ((machine, "lan", address), (host, "wan", beyond)):
            run("ip", "-n", end.name, "-batch", "-", text=(
                f"link set lo up\naddress add {own} dev {port} {nodad}\nlink set {port} up\n"
            ))  # fmt: skip
        run("ip", "-n", host.name, "route", "add", "default", "via", address.partition("/")[0])
        machine.do("sysctl", "-qw", *(
            f"net.ipv{version}.conf.all.forwarding=1" for version in (4, 6)
        ))  # fmt: skip
        return host

    def close(self):
        for machine in self.machines:
            machine.close()
        run("ip", "netns", "del", self._exchange)


class Machine:
    """A host of its own, as far as the network goes."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.interface = f"w{name}"
        run("ip", "netns", "add", name)

    @contextmanager
    def inside(self):
        """Run what this thread does, and the processes that it starts, on this host."""
        with _OURS.open() as ours, Path("/run/netns", self.name).open() as theirs:
            _set_namespace(theirs)
            try:
                yield
            finally:
                _set_namespace(ours)

    def do(self, *command, text=""):
        return run("ip", "netns", "exec", self.name, *command, text=text)

    def connect(self, configuration):
        """Bring a configuration up, as its owner does with `wg-quick`."""
        self.file.write_text(configuration)
        self.file.chmod(0o600)
        self.do("wg-quick", "up", str(self.file))

    def update(self, configuration):
        """Take over another configuration without letting go of tunnels."""
        self.file.write_text(configuration)
        self.do(
            "wg",
            "syncconf",
            self.interface,
            "/dev/stdin",
            text=run("wg-quick", "strip", str(self.file)),
        )

    @property
    def file(self):
        return self.lab.folder / f"{self.interface}.conf"

    def reaches(self, address, seconds=30.0):
        """Say whether `address` answers within this time, which is long: machines may be busy."""
        with Ping(self, address) as ping:
            give_up_at = time.monotonic() + seconds
            while not ping.answered and time.monotonic() < give_up_at:
                time.sleep(0.02)
            return bool(ping.answered)

    def close(self):
        links = run("ip", "-n", self.name, "-o", "link", "show")
        for line in links.splitlines():  # `wireguard-go` ends with its interface
            name = line.split(": ")[1].partition("@")[0]
            if name.startswith(("w", "nm-")):
                with suppress(AssertionError):
                    run("ip", "-n", self.name, "link", "del", name)
        run("ip", "netns", "del", self.name)


def _set_namespace(file):
    if _libc.setns(file.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Ping:
    """Echo requests from a host to an address, ten a second, until the end of the block."""

    _EVERY = 0.1

    def __init__(self, machine, address):
        self._is_v6 = ":" in address
        family, protocol = (
            (socket.AF_INET6, socket.IPPROTO_ICMPV6)
            if self._is_v6
            else (socket.AF_INET, socket.IPPROTO_ICMP)
        )
        with machine.inside():
            self._socket = socket.socket(family, socket.SOCK_RAW, protocol)
        self._address = address
        self._id = secrets.randbelow(0xFFFF)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = {}
        self.answered = {}

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def longest_silence(self):
        """Return the longest time for which what was sent was not answered, in seconds."""
        answered = sorted(self.answered)
        times = [self.sent[number] for number in answered]
        return max((later - sooner for sooner, later in pairwise(times)), default=0.0)

    def _run(self):
        number = 0
        while not self._stop.is_set():
            number += 1
            self.sent[number] = time.monotonic()
            with suppress(OSError):  # no way there yet
                self._socket.sendto(self._request(number), (self._address, 0))
            self._hear(until=self.sent[number] + self._EVERY)

    def _hear(self, until):
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._socket], [], [], left)
            if ready:
                self._take(self._socket.recv(2048))

    def _take(self, packet):
        start = 0 if self._is_v6 else 20  # that is behind the header of IPv4
        kind, _, _, ident, number = struct.unpack("!BBHHH", packet[start : start + 8])
        if (kind, ident) == (129 if self._is_v6 else 0, self._id) and number in self.sent:
            self.answered[number] = time.monotonic()

    def _request(self, number):
        if self._is_v6:  # whose checksum the kernel works out
            return struct.pack("!BBHHH", 128, 0, 0, self._id, number)
        header = struct.pack("!BBHHH", 8, 0, 0, self._id, number)
        total = sum(struct.unpack("!4H", header))
        total = (total >> 16) + (total & 0xFFFF)
        return header[:2] + struct.pack("!H", ~total & 0xFFFF) + header[4:]
