import pytest

from routers.routeros import errors

from .servers import Server, wait_for_the_end
from .support import IDENTITY, answered_within, endpoint_at, endpoint_of, soon

pytestmark = pytest.mark.parametrize("transport", ["api-ssl", "rest-ssl"])


@pytest.fixture
def stranger(device, transport):
    """The simulated router, before anyone has seen its certificate."""
    return endpoint_of(device, transport, pin="")


def test_a_pinned_router_needs_no_asking(device, pool, transport):
    endpoint = endpoint_of(device, transport, pin=device.fingerprint.upper())

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]


def test_another_certificate_gets_no_credentials(device, pool, transport):
    device.faults.set(swap_certificate=True)

    with pytest.raises(errors.TlsUntrusted) as caught:
        pool.run("r1", endpoint_of(device, transport), IDENTITY, soon())

    assert len(caught.value.seen) == 64
    assert caught.value.seen != device.fingerprint
    assert not device.sentences


def test_a_stranger_is_shown_before_it_gets_credentials(device, pool, stranger):
    shown = []

    def trust(fingerprint):
        shown.append((fingerprint, len(device.sentences)))

    pool.run("r1", stranger, IDENTITY, soon(), trust=trust)

    assert shown == [(device.fingerprint, 0)]


def test_a_stranger_that_is_not_trusted_gets_no_credentials(device, pool, stranger):
    def trust(fingerprint):
        raise errors.TlsUntrusted(seen=fingerprint)

    with pytest.raises(errors.TlsUntrusted) as caught:
        pool.run("r1", stranger, IDENTITY, soon(), trust=trust)

    assert caught.value.seen == device.fingerprint
    assert not device.sentences


def test_a_stranger_is_not_trusted_when_nobody_is_asked(device, pool, stranger):
    with pytest.raises(errors.TlsUntrusted) as caught:
        pool.run("r1", stranger, IDENTITY, soon())

    assert caught.value.seen == device.fingerprint
    assert not device.sentences


def test_a_stranger_is_shown_once_as_long_as_the_connection_lasts(pool, stranger):
    shown = []

    for _ in range(3):
        pool.run("r1", stranger, IDENTITY, soon(), trust=shown.append)

    assert len(shown) == 1


def test_a_service_without_tls_is_not_trusted(device, pool, transport):
    port = device.port(transport.removesuffix("-ssl"))

    with pytest.raises(errors.Unavailable), answered_within(0.4) as deadline:
        pool.run("r1", endpoint_at(port, transport), IDENTITY, deadline)

    assert device.logins == 0


def test_a_handshake_that_never_comes_ends_by_the_deadline(pool, transport):
    with (
        Server(wait_for_the_end) as server,
        answered_within(0.3) as deadline,
        pytest.raises(errors.TimedOut),
    ):
        pool.run("r1", endpoint_at(server.port, transport), IDENTITY, deadline)


def test_what_is_no_handshake_at_all_is_not_trusted(pool, transport):
    def greet(peer):
        peer.sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
        wait_for_the_end(peer)

    with Server(greet) as server, pytest.raises(errors.TlsUntrusted) as caught:
        pool.run("r1", endpoint_at(server.port, transport), IDENTITY, soon())

    assert caught.value.seen == ""
