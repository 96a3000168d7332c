"""Certificates such as routers make for themselves."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
import tempfile
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# ffdhe2048 of RFC 7919. Without parameters OpenSSL offers no finite-field group, and clients
# that ask for ADH, as mktxp and Ansible do, cannot connect.
_DH_PARAMETERS = """\
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def anonymous_context() -> ssl.SSLContext:
    """Return what a router without a certificate offers: encryption, and nobody's name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 has no anonymous suites
    context.set_ciphers("ADH:@SECLEVEL=0")
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_text(_DH_PARAMETERS)
        context.load_dh_params(file.name)
    return context


class Certificate:
    """A self-signed certificate with its key; nothing is made before it is asked for."""

    def __init__(self, common_name: str) -> None:
        self._common_name = common_name

    @cached_property
    def _pair(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._common_name)])
        now = datetime.datetime.now(datetime.UTC)
        names = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=3650))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return key, certificate

    @cached_property
    def pem(self) -> bytes:
        return self._pair[1].public_bytes(serialization.Encoding.PEM)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form, lower-case hex."""
        return hashlib.sha256(self._pair[1].public_bytes(serialization.Encoding.DER)).hexdigest()

    @cached_property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key = self._pair[0].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # The ssl module takes certificates from files only.
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(key + self.pem)
            context.load_cert_chain(file.name)
        return context
