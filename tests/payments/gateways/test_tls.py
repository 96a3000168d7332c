"""Calls over TLS, as all are outside of tests."""

import ssl
import time
from ipaddress import ip_address

import pytest
from cryptography import x509

from payments.gateways.errors import NotSent, Unknown
from payments.gateways.http import Client, Deadline
from tests.payments.certificates import certificate_for
from tests.routers.routeros.servers import Peer

from .servers import Server, ask, hear, reply


def secured(path, serve):
    """Return a server that serves over TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def over_tls(peer):
        with context.wrap_socket(peer.sock, server_side=True) as sock:
            serve(Peer(sock))

    return Server(over_tls)


def client_of(server):
    return Client({}, base_url=f"https://127.0.0.1:{server.port}")


@pytest.fixture
def certificate(tmp_path, trust):
    path = certificate_for(x509.IPAddress(ip_address("127.0.0.1")), tmp_path)
    trust(path)
    return path


def test_a_provider_whom_somebody_vouches_for_is_asked(certificate):
    def serve(peer):
        hear(peer)
        peer.sock.sendall(reply(201, {"id": 1}))

    with secured(certificate, serve) as server:
        answer = ask(client_of(server))

    assert (answer.status, answer.data) == (201, {"id": 1})


def test_a_certificate_of_another_name_is_sent_nothing(tmp_path, trust):
    path = certificate_for(x509.DNSName("pay.example"), tmp_path)
    trust(path)

    with secured(path, hear) as server, pytest.raises(NotSent):
        ask(client_of(server))


def test_an_answer_that_drips_over_tls_ends_with_the_deadline(certificate):
    def serve(peer):
        hear(peer)
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            time.sleep(0.02)
            peer.sock.sendall(b"x")

    with secured(certificate, serve) as server:
        began = time.monotonic()
        with pytest.raises(Unknown) as raised:
            ask(client_of(server), deadline=Deadline(1.2))
        took = time.monotonic() - began

    assert raised.value.code == "provider_timeout"
    assert took < 4


def test_silence_over_tls_ends_with_the_deadline(certificate):
    def serve(peer):
        hear(peer)
        peer.read(1)

    with secured(certificate, serve) as server, pytest.raises(Unknown):
        ask(client_of(server), deadline=Deadline(1.2))
