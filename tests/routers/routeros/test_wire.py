"""What only a device that is told each byte can show about the binary API."""

import logging
from contextlib import closing

import pytest
from librouteros.protocol import encode_sentence

from routers.routeros import Command, Deadline, errors
from routers.routeros.api import ApiSession
from routers.routeros.stream import connect

from .servers import Server, wait_for_the_end
from .support import IDENTITY, USERS, add_user, endpoint_at, soon


def ask(server, pool, command=IDENTITY, seconds=20.0):
    return pool.run("r1", endpoint_at(server.port), command, Deadline(seconds))


def test_each_sentence_is_one_segment(pool):
    def serve(peer):
        peer.let_in()
        for _ in range(3):
            peer.answer(peer.hear())

    command = add_user("guest", password="x" * 100, comment="y" * 300)
    with Server(serve) as server:
        for _ in range(3):
            ask(server, pool, command)

        assert len(server.peers[0].segments) == 4  # and one for the login


def test_sentences_under_way_at_once_do_not_share_segments():
    def serve(peer):
        peer.let_in()
        for _ in range(20):
            peer.answer(peer.hear())

    with Server(serve) as server:
        endpoint = endpoint_at(server.port)
        sends = []
        with closing(connect(endpoint, ["127.0.0.1"], soon(), None)) as stream:
            session = ApiSession(stream)
            session.log_in(endpoint, soon())
            write = stream.write
            stream.write = lambda data: sends.append(data) or write(data)
            session.run_many([IDENTITY] * 20, soon())

    assert len(sends) == 20
    assert all(data.endswith(b"\0") and data.count(b"/system/identity") == 1 for data in sends)


def test_no_more_commands_are_under_way_than_the_window_holds():
    heard = []

    def serve(peer):
        peer.let_in()
        heard.extend(peer.hear() for _ in range(4))
        peer.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            peer.read(1)
        peer.sock.settimeout(None)
        for sentence in heard:
            peer.answer(sentence)
        for _ in range(2):
            peer.answer(peer.hear())

    with Server(serve) as server:
        endpoint = endpoint_at(server.port)
        with closing(connect(endpoint, ["127.0.0.1"], soon(), None)) as stream:
            session = ApiSession(stream, window=4)
            session.log_in(endpoint, soon())

            assert len(session.run_many([IDENTITY] * 6, soon())) == 6


def test_a_router_that_reads_nothing_while_it_sends_is_not_waited_for_in_turn(pool):
    """Neither large commands nor large answers may leave both sides writing."""
    row = "=comment=" + "x" * 50_000

    def serve(peer):
        peer.let_in()
        for _ in range(40):
            sentence = peer.hear()
            for _ in range(20):
                peer.answer(sentence, row, reply="!re")
            peer.answer(sentence)

    commands = [add_user(f"u{number}", comment="y" * 500_000) for number in range(40)]
    with Server(serve) as server, pool.session("r1", endpoint_at(server.port), soon()) as session:
        outcomes = session.run_many(commands, soon())

    assert [len(outcome.rows) for outcome in outcomes] == [20] * 40


def test_answers_in_any_order_find_their_commands(pool):
    def serve(peer):
        peer.let_in()
        for sentence in reversed([peer.hear() for _ in range(5)]):
            peer.answer(sentence, f"=ret={sentence[2]}")

    commands = [add_user(f"u{number}") for number in range(5)]
    with Server(serve) as server, pool.session("r1", endpoint_at(server.port), soon()) as session:
        outcomes = session.run_many(commands, soon())

    assert [outcome.ret for outcome in outcomes] == [f"=name=u{number}" for number in range(5)]


def test_an_answer_in_single_bytes_is_whole(pool):
    def serve(peer):
        peer.let_in()
        sentence = peer.hear()
        answer = encode_sentence("!re", sentence[1], "=name=r1", encoding="utf-8")
        answer += encode_sentence("!done", sentence[1], encoding="utf-8")
        for position in range(len(answer)):
            peer.sock.sendall(answer[position : position + 1])

    with Server(serve) as server:
        assert ask(server, pool).rows == [{"name": "r1"}]


@pytest.mark.parametrize("size", [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 0x1FFFFF, 0x200000])
def test_words_of_every_length_are_read(pool, size):
    def serve(peer):
        peer.let_in()
        sentence = peer.hear()
        peer.answer(sentence, "=name=" + "x" * size, reply="!re")
        peer.answer(sentence)

    with Server(serve) as server:
        assert len(ask(server, pool).rows[0]["name"]) == size


def test_text_from_an_old_winbox_is_read_as_windows_wrote_it(pool):
    def serve(peer):
        peer.let_in()
        sentence = peer.hear()
        peer.sock.sendall(
            b"\x03!re"
            + bytes([len(sentence[1])])
            + sentence[1].encode()
            + b"\x0b=name=Caf\xe9\x80\0"
        )
        peer.answer(sentence)

    with Server(serve) as server:
        assert ask(server, pool).rows == [{"name": "Café€"}]


def test_bare_rows_empty_sentences_and_news_are_no_trouble(pool):
    def serve(peer):
        peer.let_in()
        sentence = peer.hear()
        peer.sock.sendall(b"\0\0")
        peer.answer(sentence, reply="!re")
        peer.answer(sentence, "=x", "unheard of", reply="!re")
        peer.answer(sentence, reply="!empty")
        peer.answer(sentence)

    with Server(serve) as server:
        assert ask(server, pool).rows == [{}, {"x": ""}]


def test_two_traps_are_one_refusal(pool):
    def serve(peer):
        peer.let_in()
        sentence = peer.hear()
        peer.answer(sentence, "=message=no such item", "=extra=1", reply="!trap")
        peer.answer(sentence, "=category=0", "=message=and more", reply="!trap")
        peer.answer(sentence)

    with Server(serve) as server, pytest.raises(errors.NoSuchItem) as caught:
        ask(server, pool)

    assert (caught.value.message, caught.value.category) == ("no such item, and more", 0)


def test_a_farewell_ends_the_session(pool):
    def serve(peer):
        peer.let_in()
        peer.hear()
        peer.say("!fatal", "session terminated on request")
        wait_for_the_end(peer)

    with Server(serve) as server, pytest.raises(errors.Unreachable) as caught:
        ask(server, pool, add_user("guest"))

    assert caught.value.sent


def test_a_router_that_forgot_the_login_is_asked_for_another(pool):
    def serve(peer):
        peer.let_in()
        peer.hear()
        peer.say("!fatal", "not logged in")

    with Server(serve) as server, pytest.raises(errors.AuthFailed):
        ask(server, pool)


@pytest.mark.parametrize(
    "answer",
    [
        (b"\x05!done\x06.tag=9\0"),  # another command's
        (b"\x05!done\0"),  # nobody's
        (b"\x04name\0"),
        (b"\xf8"),
        (b"\xf0\x10\0\0\0"),
        (b"\x03!re\xef\xff\xff\xff"),  # a word of 256 MiB
        (b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (b"\x15\x03\x01\0\x02\x02F"),  # a TLS alert
        (b"220 ftp ready\r\n"),
    ],
)
def test_what_is_no_answer_is_known_at_once(pool, answer):
    def serve(peer):
        peer.let_in()
        peer.hear()
        peer.sock.sendall(answer)
        wait_for_the_end(peer)

    with Server(serve) as server, pytest.raises(errors.NotRouterOS):
        ask(server, pool)


@pytest.mark.parametrize("words", [["=ret=not hex"], ["=ret=zz"]])
def test_a_login_that_makes_no_sense_is_not_routeros(pool, words):
    with (
        Server(lambda peer: peer.answer(peer.hear(), *words)) as server,
        pytest.raises(errors.NotRouterOS),
    ):
        ask(server, pool)


def test_an_answer_without_end_is_cut_off_long_before_memory_is(pool, monkeypatch):
    monkeypatch.setattr("routers.routeros.api._MOST_ROWS", 1000)

    def serve(peer):
        peer.let_in()
        row = encode_sentence("!re", peer.hear()[1], encoding="utf-8") * 500
        while True:
            peer.sock.sendall(row)

    with Server(serve) as server, pytest.raises(errors.NotRouterOS):
        ask(server, pool, USERS)


def test_words_without_end_are_cut_off_as_well(pool, monkeypatch):
    monkeypatch.setattr("routers.routeros.stream.Stream.allow.__defaults__", (100_000,))

    def serve(peer):
        peer.let_in()
        peer.hear()
        peer.sock.sendall(b"\x03!re")
        while True:
            peer.sock.sendall(b"\x02=x" * 10_000)

    with Server(serve) as server, pytest.raises(errors.NotRouterOS):
        ask(server, pool, USERS)


def test_no_password_reaches_a_log(pool, caplog):
    caplog.set_level(logging.DEBUG)

    def serve(peer):
        peer.let_in()
        peer.answer(peer.hear())

    with Server(serve) as server:
        ask(server, pool, add_user("guest", password="s3cret"))

    assert "s3cret" not in caplog.text
    assert "admin" not in caplog.text


def test_a_root_command_is_sent_as_such(pool):
    heard = []

    def serve(peer):
        peer.let_in()
        heard.append(peer.hear())
        peer.answer(heard[0])

    with Server(serve) as server:
        ask(server, pool, Command("/", "ping", {"address": "10.0.0.1"}, proplist=("time", "seq")))

    assert heard == [["/ping", ".tag=2", "=address=10.0.0.1", "=.proplist=time,seq"]]
