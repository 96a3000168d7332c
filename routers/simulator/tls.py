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
