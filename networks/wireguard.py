"""WireGuard's keys, and its configuration as text. Pure: knows no Django and no table."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_KEY_BYTES = 32


@dataclass(frozen=True)
class Interface:
    """One's own end. Without a private key the text has a line to put it in."""

    addresses: Sequence[str]
    listen_port: int | None = None
    private_key: str = field(default="", repr=False)
    mtu: int | None = None
    dns: Sequence[str] = ()


@dataclass(frozen=True)
class Peer:
    """Somebody else's end; `endpoint` is `host:port`, or empty where they call us."""

    public_key: str
    allowed_addresses: Sequence[str]
    endpoint: str = ""
    keepalive: int = 0
    name: str = ""


def new_private_key() -> str:
    return base64.b64encode(X25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key_of(private_key: str) -> str:
    """Return the public half. Raises `ValueError` if this is no key."""
    private = X25519PrivateKey.from_private_bytes(_bytes_of(private_key))
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def is_key(text: str) -> bool:
    """Say whether this is a key as `wg` writes one: 32 bytes in 44 characters of base64."""
    try:
        return base64.b64encode(_bytes_of(text)).decode() == text
    except ValueError:
        return False


def _bytes_of(key: str) -> bytes:
    try:
        found = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ValueError("This is no base64.") from exc
    if len(found) != _KEY_BYTES:
        raise ValueError("A key has 32 bytes.")
    return found


def host_and_port(host: str, port: int) -> str:
    """Return an endpoint as WireGuard writes it: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def configuration(own: Interface, peers: Sequence[Peer]) -> str:
    """Return the text that `wg-quick` and the apps on phones read."""
    return "\n".join([*_interface_lines(own), *(line for p in peers for line in _peer_lines(p))])


def _interface_lines(own: Interface) -> list[str]:
    lines = ["[Interface]"]
    lines.append(f"PrivateKey = {own.private_key}" if own.private_key else "# PrivateKey = ")
    lines.append(f"Address = {', '.join(own.addresses)}")
    if own.listen_port:
        lines.append(f"ListenPort = {own.listen_port}")
    if own.dns:
        lines.append(f"DNS = {', '.join(own.dns)}")
    if own.mtu:
        lines.append(f"MTU = {own.mtu}")
    return [*lines, ""]


def _peer_lines(peer: Peer) -> list[str]:
    lines = [f"# {peer.name}"] if peer.name else []
    lines += ["[Peer]", f"PublicKey = {peer.public_key}"]
    lines.append(f"AllowedIPs = {', '.join(peer.allowed_addresses)}")
    if peer.endpoint:
        lines.append(f"Endpoint = {peer.endpoint}")
    if peer.keepalive:
        lines.append(f"PersistentKeepalive = {peer.keepalive}")
    return [*lines, ""]
