"""The host's private keys, one a network: in files that are ours alone, and in no database."""

from pathlib import Path
from secrets import token_hex

from cloudpilot.keys import kept_key, replace_file
from networks.wireguard import new_private_key, public_key_of


class Keyring:
    def __init__(self, state: Path) -> None:
        self._folder = state / "hub"

    def mark(self) -> str:
        """Return what tells this installation's interfaces from another's on the same host."""
        return kept_key(self._folder, "mark", lambda: token_hex(4))

    def private_key(self, netid: str) -> str:
        """Return the host's key for a network; the first call makes it."""
        return kept_key(self._folder, _file(netid), new_private_key)

    def renew(self, netid: str) -> None:
        replace_file(self._folder / _file(netid), new_private_key())

    def spare_key(self, netid: str) -> str:
        """Return the key that the host is to have next; the first call makes it."""
        return kept_key(self._folder, _spare_file(netid), new_private_key)

    def settle(self, netid: str, public_key: str) -> None:
        """Keep the spare key in place of the other if others know the host by it, and else none."""
        path = self._folder / _spare_file(netid)
        if not path.exists():
            return
        spare = self.spare_key(netid)
        if public_key_of(spare) == public_key:
            replace_file(self._folder / _file(netid), spare)
        path.unlink()

    def forget_all_but(self, netids: set[str]) -> None:
        """Destroy the keys for networks that the host is no node of."""
        kept = {name for netid in netids for name in (_file(netid), _spare_file(netid))}
        for pattern in ("*.key", "*.spare"):
            for path in self._folder.glob(pattern):
                if path.name not in kept:
                    path.unlink(missing_ok=True)


def _file(netid: str) -> str:
    return f"{netid}.key"


def _spare_file(netid: str) -> str:
    return f"{netid}.spare"
