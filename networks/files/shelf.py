"""Which names there are, and what each is."""

import re
from hashlib import sha256
from typing import Any

from cloudpilot.limits import failures_spent
from networks import joining, names
from networks.errors import WrongAccessKey
from networks.joining import Door
from networks.keys import access_strings
from networks.onboarding import texts

_OF_NETWORK = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,11})\.rsc")
_OF_NODE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,11})-((?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})\.rsc"
)
_PUBLIC = {
    "meshclient": texts.meshclient,
    "meshclient.rsc": texts.meshclient,
    "join.rsc": texts.join,
}
_SUMS = "SHA256SUMS"


def public(name: str) -> str | None:
    """Return the file that everybody may have, for there is no secret in it; None: no such file."""
    if name == _SUMS:
        sums = {name: sha256(text().encode()).hexdigest() for name, text in sorted(_PUBLIC.items())}
        return "".join(f"{found}  {name}\n" for name, found in sums.items())
    return _PUBLIC[name]() if name in _PUBLIC else None


def keyed(name: str, token: str, address: str) -> str | None:
    """Return a network's file for whoever shows an access key of it, of which no use is counted.

    Raises `WrongAccessKey`, also where there is no such network, and `TooManyRequests`.
    """
    match = _OF_NETWORK.fullmatch(name)
    if match is None:
        return None
    key = access_strings.key_in(token)
    with failures_spent({"wrong_mesh_credentials_per_address": address}):
        admission = joining.by_key(match.group(1), key)
        if admission.door is not Door.KEY:
            raise WrongAccessKey("This access key lets nobody in here.")
    return texts.keyed(admission.network, key)


def node_named(name: str) -> dict[str, Any] | None:
    """Return which network and device a node's file is for; None if this is no node's."""
    match = _OF_NODE.fullmatch(name)
    return {"netid": match.group(1), "mac": names.canonical_mac(match.group(2))} if match else None
