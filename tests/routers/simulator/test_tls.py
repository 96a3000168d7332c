import functools
import hashlib
import socket
import ssl

import librouteros
import pytest

from routers.simulator import Simulator


def connect(device, context, **more):
    wrap = functools.partial(context.wrap_socket, server_hostname="127.0.0.1")
    return librouteros.connect(
        host="127.0.0.1",
        username="admin",
        password="admin",
        port=device.port("api-ssl"),
        ssl_wrapper=wrap,
        timeout=5,
        **more,
    )


def unverified(ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def shown_fingerprint(device):
    with (
        socket.create_connection(("127.0.0.1", device.port("api-ssl")), 5) as sock,
        unverified().wrap_socket(sock) as tls,
    ):
        return hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()


@pytest.fixture
def device():
    with Simulator(services=("api-ssl",)) as simulator:
        yield simulator.devices[0]


def test_the_api_speaks_tls(device):
    api = connect(device, unverified())

    assert list(api("/system/identity/print")) == [{"name": "MikroTik"}]

    api.close()
    assert device.rows("/log")[0]["message"].endswith("via api-ssl")


def test_the_certificate_is_the_announced_one(device):
    assert shown_fingerprint(device) == device.fingerprint


def test_a_stranger_to_the_certificate_does_not_trust_it(device):
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(device, ssl.create_default_context())


def test_the_certificate_can_be_swapped_while_it_runs(device):
    device.faults.set(swap_certificate=True)
    assert shown_fingerprint(device) != device.fingerprint

    device.faults.clear()

    assert shown_fingerprint(device) == device.fingerprint


def test_a_router_without_a_certificate_encrypts_anonymously():
    with Simulator(services=("api-ssl",), certificate=False) as simulator:
        api = connect(simulator.devices[0], unverified("ADH:@SECLEVEL=0"))
        assert list(api("/system/identity/print")) == [{"name": "MikroTik"}]
        api.close()

        with pytest.raises(ssl.SSLError):
            connect(simulator.devices[0], unverified())


def test_plain_words_on_the_tls_port_end_the_connection(device, eventually):
    with socket.create_connection(("127.0.0.1", device.port("api-ssl")), 5) as sock:
        sock.sendall(b"\x06/login\x00")

    eventually(lambda: device.connections == 0)


def test_a_silent_router_does_not_even_shake_hands(device):
    device.faults.set(silent=True)

    with socket.create_connection(("127.0.0.1", device.port("api-ssl")), 5) as sock:
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            unverified().wrap_socket(sock)
