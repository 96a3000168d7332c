"""A plain peer's own program: what its owner would run beside WireGuard."""

from networks.wireguard import new_private_key, public_key_of


class Agent:
    """Keeps a machine's tunnel as the network says; its private key never leaves the machine."""

    def __init__(self, machine, client, node):
        self.machine, self.client, self.node = machine, client, node
        self._path = f"/api/nodes/{node.network.netid}/{node.mac_address}"
        self._take_new_key()

    def connect(self):
        self.machine.connect(self._configuration())
        return self

    def check_in(self):
        """Do what a check-in asks for; say whether there was anything to do."""
        told = self.client.post(f"{self._path}/checkin").json()
        if told["needkeyupdate"]:
            self._take_new_key()
            self.machine.do(
                "wg",
                "set",
                self.machine.interface,
                "private-key",
                "/dev/stdin",
                text=self._private_key,
            )
        if told["needpeerupdate"]:
            self.machine.update(self._configuration())
        return told["needkeyupdate"] or told["needpeerupdate"]

    def _take_new_key(self):
        self._private_key = new_private_key()
        body = {"publickey": public_key_of(self._private_key)}
        assert self.client.put(self._path, body).status_code == 200

    def _configuration(self):
        text = self.client.get(f"{self._path}/config").content.decode()
        return text.replace("# PrivateKey = ", f"PrivateKey = {self._private_key}")
