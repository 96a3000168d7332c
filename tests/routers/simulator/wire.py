"""A client of forty lines that sends exactly the words it is given."""

import socket

REPLIES = {"!done", "!fatal"}


class Wire:
    def __init__(self, port, *, login=("admin", "admin")):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._file = self.sock.makefile("rb")
        if login:
            self._log_in(*login)

    def send(self, *words):
        data = b"".join(_length(len(w)) + w for w in map(_bytes, words))
        self.sock.sendall(data + b"\0")

    def receive(self):
        """Return the next sentence, or None when the connection is over."""
        words = []
        while word := self._word():
            words.append(word.decode())
        return words or None

    def talk(self, *words):
        """Send a sentence, and return all up to `!done`."""
        self.send(*words)
        replies = [self.receive()]
        while replies[-1] and replies[-1][0] not in REPLIES:
            replies.append(self.receive())
        return replies

    def close(self):
        self._file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _log_in(self, username, password):
        try:
            self.talk("/login", f"=name={username}", f"=password={password}")
        except OSError:
            self.close()
            raise

    def _word(self):
        first = self._file.read(1)
        if not first:
            return b""
        size = first[0]
        if size >= 0xC0:
            size = (size & 0x1F) << 16 | int.from_bytes(self._file.read(2), "big")
        elif size >= 0x80:
            size = (size & 0x3F) << 8 | self._file.read(1)[0]
        return self._file.read(size)


def _bytes(word):
    return word if isinstance(word, bytes) else word.encode()


def _length(size):
    if size < 0x80:
        return bytes([size])
    if size < 0x4000:
        return (size | 0x8000).to_bytes(2, "big")
    return (size | 0xC00000).to_bytes(3, "big")
