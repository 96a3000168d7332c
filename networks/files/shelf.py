"""Which names there are, and what each is."""

import re
from hashlib import sha256
from typing import NamedTuple

from django.conf import settings

from cloudpilot.limits import failures_spent
from networks import joining
from networks.errors import WrongAccessKey
from networks.joining import Door
from networks.keys import access_strings
from networks.onboarding import texts

_OF_NETWORK = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,11})\.rsc")
_OF_NODE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,11})-((?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})\.(rsc|conf|png)"
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def _authority() -> str:
    """Return the certificates of `MESH_CA`, and nothing else that may be in it, such as a key."""
    return "".join(f"{found}\n" for found in _CERTIFICATE.findall(settings.MESH_CA))


_PUBLIC = {
    "ca.crt": _authority,
    "meshclient": texts.meshclient,
    "meshclient.rsc": texts.meshclient,
    "join.rsc": texts.join,
}
_SUMS = "SHA256SUMS"


def public(name: str) -> str | None:
    """Return the file that everybody may have, for there is no secret in it; None: no such file."""
    if name == _SUMS:
        found = {name: text() for name, text in sorted(_PUBLIC.items())}
        return "".join(f"{_sum(text)}  {name}\n" for name, text in found.items() if text)
    return (_PUBLIC[name]() or None) if name in _PUBLIC else None


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()


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


class NodeFile(NamedTuple):
    netid: str
    mac: str
    kind: str


def of_node(name: str) -> NodeFile | None:
    """Return which device of which network a file is for, and its kind; None if it is no node's."""
    match = _OF_NODE.fullmatch(name)
    return NodeFile(*match.groups()) if match else None
