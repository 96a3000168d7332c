"""Whatever bytes arrive, a call ends in an answer or in one of our own errors."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from librouteros.protocol import encode_sentence

from routers.routeros import Command, Endpoint, errors
from routers.routeros.api import ApiSession
from routers.routeros.rest import RestSession
from routers.routeros.stream import Stream

from .support import IDENTITY, soon

ENDPOINT = Endpoint("192.0.2.1", 8728, "admin", "admin")
quickly = settings(max_examples=150, deadline=None, database=None)

words = st.one_of(
    st.sampled_from(["!re", "!done", "!trap", "!fatal", "!empty", ".tag=1", ".tag=2", "=ret=ab"]),
    st.text(max_size=20),
)
sentences = st.lists(words, max_size=5).map(lambda each: encode_sentence(*each, encoding="utf-8"))
api_bytes = st.lists(st.one_of(sentences, st.binary(max_size=20)), max_size=6).map(b"".join)

json_text = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
).map(lambda value: repr(value).replace("'", '"').encode())
heads = st.one_of(
    st.builds("HTTP/1.1 {} x".format, st.integers(-1, 1000)),
    st.sampled_from(["HTTP/1.0 200 OK", "HTTP/1.1", "ICY 200", ""]),
)
headers = st.one_of(
    st.builds("Content-Length: {}".format, st.one_of(st.integers(), st.text(max_size=3))),
    st.sampled_from(["Transfer-Encoding: chunked", "Connection: close", ":", " x", "X: y"]),
)
http_bytes = st.builds(
    lambda head, lines, body: "\r\n".join([head, *lines, "", ""]).encode() + body,
    heads,
    st.lists(headers, max_size=3),
    st.one_of(
        json_text, st.binary(max_size=40), st.just(b"-5\r\nabc"), st.just(b"2\r\n[]\r\n0\r\n\r\n")
    ),
)


class Incoming:
    """A socket whose other side says its piece and closes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv(self, size: int) -> bytes:
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def send(self, data: bytes) -> int:
        return len(data)

    def settimeout(self, seconds: float) -> None:
        pass

    def shutdown(self, how: int) -> None:
        pass

    def close(self) -> None:
        pass


def converse(kind, data, act):
    with suppress(errors.RouterOSError):
        act(kind(Stream(Incoming(data), soon())))


@quickly
@given(api_bytes)
def test_over_the_api(data):
    converse(ApiSession, data, lambda session: session.run(IDENTITY, soon()))


@quickly
@given(api_bytes)
def test_in_answer_to_a_login(data):
    converse(ApiSession, data, lambda session: session.log_in(ENDPOINT, soon()))


@quickly
@given(http_bytes)
def test_over_rest(data):
    converse(RestSession, data, lambda session: session.log_in(ENDPOINT, soon()))


@quickly
@given(st.text(), st.text(), st.text())
def test_no_text_makes_a_command_of_more_words_than_it_has(name, value, query):
    """Count the words with the framing's own eyes."""
    try:
        command = Command("/ip/hotspot/user", "print", {name: value}, (query,))
    except ValueError:
        return
    sent = []
    incoming = Incoming(b"")
    incoming.send = lambda data: sent.append(bytes(data)) or len(data)
    converse(lambda _: ApiSession(Stream(incoming, soon())), b"", lambda s: s.run(command, soon()))

    expected = [command.path, ".tag=1", f"={name}={value}", f"?{query}"]
    assert sent == [encode_sentence(*expected, encoding="utf-8")]
