import functools
import hashlib
import hmac
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress

from routers.routeros.deadline import Deadline
from routers.routeros.endpoint import Endpoint
from routers.routeros.errors import NotRouterOS, TimedOut, TlsUntrusted, Unavailable, Unreachable
from routers.routeros.translate import translated

# Called with the certificate's fingerprint when a router is met for the first time; returns to
# trust it, or raises.
Trust = Callable[[str], None]

# Ten thousand hotspot users with every field are about 4 MiB. What is parsed takes some twenty
# times the memory at worst.
LONGEST_REPLY = 8 << 20
_CHUNK = 64 << 10
_TOO_LONG = "The router's answer is longer than any real one."


class Stream:
    """A connection on which each wait, and the sum of all waits, ends by the call's deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._owner = os.getpid()
        self._unread = b""
        self._position = 0
        self.begin(deadline)

    def begin(self, deadline: Deadline) -> None:
        """Let the next call use the connection, until `deadline`."""
        self._deadline = deadline
        self.has_sent = False
        self.allow()

    def allow(self, size: int = LONGEST_REPLY) -> None:
        """Accept `size` bytes from here on; a router that sends more is cut off."""
        self._allowance = size

    def write(self, data: bytes) -> None:
        """Send `data`, in one segment if the network's packets are large enough."""
        left = memoryview(data)
        while left:
            left = left[self._in_time().send(left) :]
        self.has_sent = True

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        if len(self._unread) - self._position < size:
            self._gather(size)
        start = self._position
        self._position = end = start + size
        return self._unread[start:end]

    def read_line(self, longest: int) -> bytes:
        """Return the bytes up to and with the next line feed, or the first `longest` of them."""
        while (end := self._unread.find(b"\n", self._position)) < 0:
            have = len(self._unread) - self._position
            if have >= longest:
                return self.read(longest)
            self._gather(have + 1)
        return self.read(min(end + 1 - self._position, longest))

    def read_all(self) -> bytes:
        """Return what comes until the router closes the connection."""
        chunks = [self._unread[self._position :]]
        self._position = len(self._unread)
        while chunk := self._receive():
            chunks.append(chunk)
        return b"".join(chunks)

    def is_quiet(self) -> bool:
        """Whether the connection stands and holds nothing, as it must between two calls.

        Costs no round trip, and so cannot tell a router that is gone without a word.
        """
        if len(self._unread) > self._position:
            return False
        try:
            self._sock.settimeout(0)
            self._sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False  # a stray byte, or the end

    def close(self) -> None:
        # In a forked child the connection is still the parent's: let go of it without a word.
        if self._owner == os.getpid():
            with suppress(OSError):  # the router may have been first
                self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def secure(self, pin: str, trust: Trust | None) -> None:
        """Turn on TLS, and go no further unless the certificate is the pinned one.

        Without a pin, `trust` decides. A certificate's name, age and issuer do not matter: routers
        sign their own, and many have no clock.
        """
        with translated():
            self._sock = tls = _tls().wrap_socket(self._sock, do_handshake_on_connect=False)
            tls.settimeout(_time_left(self._deadline))
            tls.do_handshake()
            certificate = tls.getpeercert(binary_form=True)
        if not certificate:
            raise TlsUntrusted("The router shows no certificate.")
        seen = hashlib.sha256(certificate).hexdigest()
        if pin:
            if not hmac.compare_digest(pin, seen):
                raise TlsUntrusted("The router's certificate has changed.", seen=seen)
        elif trust is None:
            raise TlsUntrusted("The router's certificate is not known yet.", seen=seen)
        else:
            trust(seen)

    def _gather(self, size: int) -> None:
        """Have at least `size` bytes unread."""
        chunks = [self._unread[self._position :]]
        missing = size - len(chunks[0])
        if missing > self._allowance:
            raise NotRouterOS(_TOO_LONG)
        while missing > 0:
            chunk = self._receive()
            if not chunk:
                raise Unreachable("The router closed the connection.")
            chunks.append(chunk)
            missing -= len(chunk)
        self._unread = b"".join(chunks)
        self._position = 0

    def _receive(self) -> bytes:
        chunk = self._in_time().recv(_CHUNK)
        self._allowance -= len(chunk)
        if self._allowance < 0:
            raise NotRouterOS(_TOO_LONG)
        return chunk

    def _in_time(self) -> socket.socket:
        self._sock.settimeout(_time_left(self._deadline))
        return self._sock


def connect(
    endpoint: Endpoint, addresses: Sequence[str], deadline: Deadline, trust: Trust | None
) -> Stream:
    """Connect to the first of `addresses` that answers, and over TLS make sure who it is."""
    stream = Stream(_dial(addresses, endpoint.port, deadline), deadline)
    if endpoint.transport.is_tls:
        try:
            stream.secure(endpoint.tls_fingerprint, trust)
        except BaseException:
            stream.close()
            raise
    return stream


def _dial(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    failure: Unavailable = Unreachable("The router's name has no address.")
    for position, address in enumerate(addresses):
        # A silent address leaves its share of the time to those after it.
        share = deadline.remaining() / (len(addresses) - position)
        try:
            with translated():
                return _tuned(
                    socket.create_connection((address, port), _time_left(deadline.within(share)))
                )
        except Unavailable as error:
            failure = error
    raise failure


def _tuned(sock: socket.socket) -> socket.socket:
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Carrier NAT forgets a silent connection within minutes.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 45), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):  # not every system lets a program choose
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    except OSError:
        sock.close()
        raise
    return sock


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is checked instead, in `Stream.secure`
    return context


def _time_left(deadline: Deadline) -> float:
    left = deadline.remaining()
    if not left:
        raise TimedOut
    return left
