"""Devices that do exactly what a test says, byte by byte, where the simulated router is too good."""

import contextlib
import socket
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from librouteros.connections import SocketTransport
from librouteros.protocol import ApiProtocol, encode_sentence


class Peer:
    """The device's end of one connection; what it reads is kept, a segment each."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.segments: list[bytes] = []
        self._unread = b""

    def read(self, size: int) -> bytes:
        while len(self._unread) < size:
            segment = self.sock.recv(1 << 20)
            if not segment:
                raise ConnectionError
            self.segments.append(segment)
            self._unread += segment
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def hear(self) -> list[str]:
        """Read one sentence."""
        return list(iter(_Framing(self).readWord, ""))

    def hear_request(self) -> bytes:
        """Read one HTTP request with its body."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        size = int(head.lower().partition(b"content-length:")[2].split()[0])
        return head + self.read(size)

    def say(self, *words: str) -> None:
        self.sock.sendall(encode_sentence(*words, encoding="utf-8"))

    def answer(self, heard: list[str], *pairs: str, reply: str = "!done") -> None:
        """Answer a sentence with its own tag."""
        tag = next(word for word in heard if word.startswith(".tag="))
        self.say(reply, tag, *pairs)

    def let_in(self) -> None:
        """Accept whatever login comes."""
        self.answer(self.hear())


class _Framing(ApiProtocol):
    def __init__(self, peer: Peer) -> None:
        super().__init__(SocketTransport(peer.sock), encoding="utf-8")
        self.transport = peer


class Server:
    """Listens on loopback and hands each connection to `serve`, in a thread of its own.

    A connection ends when `serve` returns, or with the server.
    """

    def __init__(self, serve: Callable[[Peer], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.peers: list[Peer] = []
        self.ended: SimpleQueue[Peer] = SimpleQueue()
        self._threads = [Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "Server":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [self._listener, *(peer.sock for peer in self.peers)]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peer = Peer(sock)
                self.peers.append(peer)
                thread = Thread(target=self._run, args=(peer,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self, peer: Peer) -> None:
        with contextlib.suppress(OSError), peer.sock:
            self._serve(peer)
        self.ended.put(peer)


def wait_for_the_end(peer: Peer) -> None:
    """Say nothing more, and hold the connection until the other side closes it."""
    with contextlib.suppress(ConnectionError):
        while True:
            peer.read(1)
