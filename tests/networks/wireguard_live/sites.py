"""A site: a machine with a simulated router on it, whose WireGuard is real."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from routers.simulator import Simulator
from tests.networks.boxes import Box
from tests.networks.routers import PEERS, WIREGUARD, marked


class Site:
    """A router behind NAT that is reached at its address in the network, and nowhere else.

    What its tables say of the tunnel its machine does, once it is told to `follow`.
    """

    def __init__(self, machine, overlay_address):
        self.machine = machine
        with machine.inside():
            # The tunnel is still to come, and the address with it.
            machine.do("sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")
            simulator = Simulator(host=overlay_address, ports={"api": 8728}, certificate=False)
            self._simulator = simulator.start()
        (self.device,) = simulator.devices
        self._box = Box(self.device.router)
        own = connections["default"]
        own.inc_thread_sharing()
        # What the router asks of CloudPilot is answered while the test waits, on its database.
        self._cloud = ThreadPoolExecutor(
            1, initializer=lambda: connections.__setitem__("default", own)
        )
        self.device.router.web = lambda request: self._cloud.submit(self._box.ask, request).result()
        self._is_up = False

    def paste(self, line):
        return self.device.run_script(line)

    def follow(self):
        """Have the machine's tunnel be as the router's tables say, and show there what it sees."""
        (interface,) = marked(self.device, WIREGUARD).values()
        configuration = self._configuration(interface)
        if self._is_up:
            self.machine.update(configuration)
        else:
            self.machine.connect(configuration)
            self._is_up = True
        for row in self.device.rows(PEERS):
            self.device.set(PEERS, row[".id"], self._seen_of(row["public-key"]))

    def public_key(self):
        """Return the key that the tunnel has in fact."""
        return self.machine.do("wg", "show", self.machine.interface, "public-key").strip()

    def close(self):
        self._simulator.stop()
        self._cloud.shutdown()
        connections["default"].dec_thread_sharing()

    def _configuration(self, interface):
        name = interface["name"]
        rows = self.device.rows("/ip/address")
        addresses = [row["address"] for row in rows if row["interface"] == name]
        peers = [_as_text(row) for row in self.device.rows(PEERS) if row["interface"] == name]
        return (
            f"[Interface]\nPrivateKey = {interface['private-key']}\nTable = off\n"
            f"ListenPort = {interface['listen-port']}\nMTU = {interface['mtu']}\n"
            f"Address = {', '.join(addresses)}\n" + "".join(peers)
        )

    def _seen_of(self, key):
        for line in self.machine.do("wg", "show", self.machine.interface, "dump").splitlines()[1:]:
            found, _, endpoint, _, heard_at, rx, tx, _ = line.split("\t")
            if found == key and heard_at != "0":
                host, _, port = endpoint.rpartition(":")
                return {
                    "last-handshake": f"{max(0, int(time.time()) - int(heard_at))}s",
                    "current-endpoint-address": host,
                    "current-endpoint-port": port,
                    "rx": rx,
                    "tx": tx,
                }
        return {}


def _as_text(peer):
    text = (
        f"[Peer]\nPublicKey = {peer['public-key']}\nAllowedIPs = {peer['allowed-address']}\n"
        f"PersistentKeepalive = {peer['persistent-keepalive'].removesuffix('s')}\n"
    )
    if host := peer.get("endpoint-address"):
        text += f"Endpoint = {host}:{peer['endpoint-port']}\n"
    return text
