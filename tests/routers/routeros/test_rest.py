"""What only a server that is told each byte can show about the REST transport."""

import json

import pytest

from routers.routeros import Command, Reply, errors

from .servers import Server, wait_for_the_end
from .support import IDENTITY, add_user, answered_within, endpoint_at, soon

RESOURCE = b'[{"version":"7.16.2 (stable)","board-name":"hEX"}]'


def http(body=b"[]", status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def serving(*answers):
    """Be met as a router, then give these answers to the requests that follow."""

    def serve(peer):
        for answer in (http(RESOURCE), *answers):
            peer.hear_request()
            peer.sock.sendall(answer)
        wait_for_the_end(peer)

    return serve


def ask(server, pool, command=IDENTITY, deadline=None):
    return pool.run("r1", endpoint_at(server.port, "rest"), command, deadline or soon())


@pytest.mark.parametrize(
    ("command", "request_line", "body"),
    [
        (
            Command("/ip/address", "print", queries=("disabled=no", "#!"), proplist=(".id",)),
            "POST /rest/ip/address/print",
            {".query": ["disabled=no", "#!"], ".proplist": [".id"]},
        ),
        (add_user("ada"), "PUT /rest/ip/hotspot/user", {"name": "ada"}),
        (
            Command("/ip/hotspot/user", "set", {".id": "*1", "comment": ""}),
            "POST /rest/ip/hotspot/user/set",
            {".id": "*1", "comment": ""},
        ),
        (
            Command("/ip/hotspot/user", "remove", {".id": "*1,*2"}),
            "POST /rest/ip/hotspot/user/remove",
            {".id": "*1,*2"},
        ),
        (
            Command("/ip/address", "unset", {".id": "a/b?c", "value-name": "comment"}),
            "PATCH /rest/ip/address/a%2Fb%3Fc",
            {"comment": None},
        ),
        (
            Command("/ip/hotspot/user", "set", {".id": "*1", "name": "ada", "!address": ""}),
            "PATCH /rest/ip/hotspot/user/*1",
            {"name": "ada", "address": None},
        ),
        (Command("/", "ping", {"address": "::1"}), "POST /rest/ping", {"address": "::1"}),
    ],
)
def test_each_command_is_one_request_in_one_segment(pool, command, request_line, body):
    with Server(serving(http())) as server:
        ask(server, pool, command)
        _, request = server.peers[0].segments

    head, _, sent = request.partition(b"\r\n\r\n")
    assert head.startswith(f"{request_line} HTTP/1.1\r\n".encode())
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert json.loads(sent) == body


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        (b"[]", Reply()),
        (b"", Reply()),
        (b'{"name":"r1"}', Reply([{"name": "r1"}])),
        (b'[{"name":"r1"}]', Reply([{"name": "r1"}])),
        (b'{"ret":"7"}', Reply(ret="7")),
        (b'{"ret":7}', Reply(ret="7")),
        (
            b'[{"a":true,"b":false,"c":1.50,"d":007e1,"e":null}]'.replace(b"007", b"7"),
            Reply([{"a": "true", "b": "false", "c": "1.50", "d": "7e1", "e": ""}]),
        ),
        (
            b'[{"a":["x","y"],"n":123456789012345678901}]',
            Reply([{"a": "x,y", "n": "123456789012345678901"}]),
        ),
        ('[{"a":"Żółć"}]'.encode(), Reply([{"a": "Żółć"}])),
        (b'[{"a":"Caf\xe9"}]', Reply([{"a": "Café"}])),
    ],
)
def test_every_shape_of_answer_is_a_reply_of_strings(pool, body, reply):
    with Server(serving(http(body))) as server:
        assert ask(server, pool) == reply


def test_an_added_row_s_id_is_its_ret(pool):
    row = b'{".id":"*1A","name":"ada"}'
    with Server(serving(http(row, "201 Created"))) as server:
        assert ask(server, pool, add_user("ada")) == Reply(ret="*1A")


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (
            "406 Not Acceptable",
            b'{"error":406,"message":"Not Acceptable","detail":"no such command or directory (x)"}',
            errors.UnknownCommand,
            "no such command or directory (x)",
        ),
        ("404 Not Found", b'{"error":404,"message":"Not Found"}', errors.NoSuchItem, "Not Found"),
        (
            "400 Bad Request",
            b'{"error":400,"message":"Bad Request","detail":"unknown parameter x"}',
            errors.UnknownParameter,
            "unknown parameter x",
        ),
        (
            "500 Internal Server Error",
            b'{"error":500,"message":"Internal Server Error","detail":"not enough permissions (9)"}',
            errors.NotPermitted,
            "not enough permissions (9)",
        ),
    ],
)
def test_a_refusal_keeps_the_router_s_words_and_status(pool, status, body, kind, message):
    with Server(serving(http(body, status), http(b'[{"name":"r1"}]'))) as server:
        with pytest.raises(kind) as caught:
            ask(server, pool)

        assert (caught.value.message, caught.value.status) == (message, int(status[:3]))
        assert ask(server, pool).rows == [{"name": "r1"}]
        assert len(server.peers) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http(b"<html>"),
        http(b"<html>", "404 Not Found"),
        http(b'["x"]'),
        http(b"7"),
        http(b'[{"a":{"b":"c"}}]'),
        http(b'[{"a":NaN}]'),
        http(b"[" + b"{}," * 300_000 + b"{}]"),
        http(b"[" * 100_000),
        http(b'{"a":' * 100_000),
        http(b"", "500 Internal Server Error"),
        http(b"[]", "302 Found", "Location: http://127.0.0.1:1/"),
        http(b"[]", "304 Not Modified"),
        b"HTTP/9 what\r\n\r\n",
        b"\x05!done\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ],
)
def test_what_is_no_answer_of_a_router_is_known_at_once(pool, answer):
    with Server(serving(answer)) as server, pytest.raises(errors.NotRouterOS):
        ask(server, pool)


@pytest.mark.parametrize("body", [b"[]", b'[{"name":"r1"}]', b'{"version":"7"}', b"hello"])
def test_who_does_not_look_like_a_router_is_told_nothing_more(pool, body):
    def serve(peer):
        peer.hear_request()
        peer.sock.sendall(http(body))
        wait_for_the_end(peer)

    with Server(serve) as server:
        with pytest.raises(errors.NotRouterOS):
            ask(server, pool, add_user("ada"))

        assert [segment[:26] for segment in server.peers[0].segments] == [
            b"GET /rest/system/resource "
        ]


def test_a_password_that_was_changed_meanwhile_is_told_apart(pool):
    with (
        Server(serving(http(b'{"error":401,"message":"Unauthorized"}', "401 x"))) as server,
        pytest.raises(errors.AuthFailed),
    ):
        ask(server, pool)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(),
        http(b"", "204 No Content"),
    ],
)
def test_other_ways_to_send_an_answer_leave_the_connection_good(pool, answer):
    with Server(serving(answer, answer)) as server:
        assert [ask(server, pool), ask(server, pool)] == [Reply(), Reply()]
        assert len(server.peers) == 1


def test_an_answer_may_end_with_the_connection(pool):
    def serve(peer):
        peer.hear_request()
        peer.sock.sendall(http(RESOURCE))
        peer.hear_request()
        peer.sock.sendall(b'HTTP/1.1 200 OK\r\n\r\n[{"name":"r1"}]')

    with Server(serve) as server:
        for _ in range(2):
            assert ask(server, pool).rows == [{"name": "r1"}]

        assert len(server.peers) == 2


def test_an_answer_that_nobody_asked_for_is_nobody_s(pool):
    stray = http(b'[{"name":"stray"}]')
    with Server(serving(http() + stray, http(b'[{"name":"r1"}]'))) as server:
        ask(server, pool)
        assert ask(server, pool) == Reply()
        assert len(server.peers) == 2


def test_headers_that_drip_end_by_the_deadline(pool):
    def serve(peer):
        peer.hear_request()
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\n")
        peer.sock.settimeout(0.05)
        while True:
            try:
                peer.read(1)
            except TimeoutError:
                peer.sock.sendall(b"X")

    with (
        Server(serve) as server,
        answered_within(0.3) as deadline,
        pytest.raises(errors.TimedOut),
    ):
        ask(server, pool, deadline=deadline)


def test_a_body_without_end_is_cut_off_long_before_memory_is(pool, monkeypatch):
    monkeypatch.setattr("routers.routeros.stream.Stream.allow.__defaults__", (100_000,))

    def serve(peer):
        peer.hear_request()
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
        while True:
            peer.sock.sendall(b"{}," * 10_000)

    with Server(serve) as server, pytest.raises(errors.NotRouterOS):
        ask(server, pool)


def test_no_proxy_and_no_netrc_comes_between(pool, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    with Server(serving(http())) as server:
        assert ask(server, pool) == Reply()


def test_cookies_are_not_kept(pool):
    with Server(serving(http(b"[]", "200 OK", "Set-Cookie: a=b"), http())) as server:
        ask(server, pool)
        ask(server, pool)

        assert b"Cookie" not in b"".join(server.peers[0].segments)
