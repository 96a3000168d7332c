import re
from dataclasses import dataclass, field
from enum import StrEnum

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_HOST = re.compile(r"[!-~]+")


class Transport(StrEnum):
    API = "api"
    API_SSL = "api-ssl"
    REST = "rest"
    REST_SSL = "rest-ssl"

    @property
    def is_tls(self) -> bool:
        return self in (Transport.API_SSL, Transport.REST_SSL)

    @property
    def is_rest(self) -> bool:
        return self in (Transport.REST, Transport.REST_SSL)


@dataclass(frozen=True)
class Endpoint:
    """Where a router is and how to log in; two that differ at all are never the same connection.

    `tls_fingerprint` is the SHA-256 of the router's DER certificate in hex, in any case and with
    or without colons; empty while the router has not been met. `owner` is the caller's own number
    for the router, which its resolver may want to know.
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    transport: Transport = Transport.API
    tls_fingerprint: str = ""
    owner: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "transport", Transport(self.transport))
        fingerprint = re.sub(r"[\s:]", "", self.tls_fingerprint).lower()
        object.__setattr__(self, "tls_fingerprint", fingerprint)
        if not _HOST.fullmatch(self.host):
            raise ValueError("A host is a name or an address in ASCII.")
        if not 0 < self.port < 65536:
            raise ValueError("A port is a number from 1 to 65535.")
        try:
            (self.username + self.password).encode()
        except UnicodeEncodeError:
            raise ValueError("A user name and a password are text that UTF-8 can carry.") from None
        if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
            raise ValueError("A fingerprint is the 64 hex digits of a SHA-256.")
