"""Tags, concurrency, `/cancel`, `/quit`, `listen` and `!empty`."""

import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire


def test_the_tag_comes_right_after_the_reply_word(wire):
    replies = wire.talk("/system/identity/print", ".tag=7")

    assert replies == [["!re", ".tag=7", "=name=MikroTik"], ["!done", ".tag=7"]]


def test_an_empty_tag_is_no_tag(wire):
    assert wire.talk("/system/identity/print", ".tag=")[-1] == ["!done"]


def test_words_may_come_in_any_order(wire):
    replies = wire.talk("/interface/print", "?name=ether1", ".tag=a", "=.proplist=name")

    assert replies == [["!re", ".tag=a", "=name=ether1"], ["!done", ".tag=a"]]


def test_several_sentences_in_one_segment_are_all_answered(wire):
    sentence = b"\x16/system/identity/print\x00"

    wire.sock.sendall(sentence * 3)

    kinds = [wire.receive()[0] for _ in range(6)]
    assert kinds == ["!re", "!done"] * 3


def test_a_sentence_may_come_byte_by_byte(wire):
    for byte in b"\x16/system/identity/print\x00":
        wire.sock.sendall(bytes([byte]))

    assert wire.receive() == ["!re", "=name=MikroTik"]


def test_a_quick_command_overtakes_a_slow_one(wire):
    wire.send("/ping", "=address=10.0.0.1", ".tag=slow")
    assert wire.receive()[:2] == ["!re", ".tag=slow"]

    wire.send("/system/identity/print", ".tag=quick")

    assert wire.receive()[:2] == ["!re", ".tag=quick"]


def test_cancel_interrupts_one_command(wire):
    wire.send("/interface/listen", ".tag=1")
    wire.send("/log/listen", ".tag=2")

    replies = wire.talk("/cancel", "=tag=1", ".tag=3")

    assert replies[0] == ["!trap", ".tag=1", "=category=2", "=message=interrupted"]
    assert replies[1] == ["!done", ".tag=3"]
    assert wire.receive() == ["!done", ".tag=1"]


def test_cancel_without_a_tag_interrupts_all(wire):
    wire.send("/interface/listen", ".tag=1")
    wire.send("/log/listen", ".tag=2")

    wire.send("/cancel", ".tag=3")

    replies = [wire.receive() for _ in range(5)]
    assert {tuple(r[:2]) for r in replies[:2]} == {("!trap", ".tag=1"), ("!trap", ".tag=2")}
    assert replies[2] == ["!done", ".tag=3"]


def test_listen_tells_of_changes_and_of_deaths(device, wire):
    wire.send("/ip/hotspot/user/listen", "=.proplist=.id,name,comment", ".tag=1")
    wire.talk("/system/identity/print")

    device.add("/ip/hotspot/user", {"name": "bob"})
    device.set("/ip/hotspot/user", "bob", {"comment": "hello"})
    device.remove("/ip/hotspot/user", "bob")

    assert wire.receive() == ["!re", ".tag=1", "=.id=*1", "=name=bob"]
    assert wire.receive() == ["!re", ".tag=1", "=.id=*1", "=name=bob", "=comment=hello"]
    assert wire.receive() == ["!re", ".tag=1", "=.id=*1", "=.dead=true"]


def test_quit_is_answered_by_a_fatal_and_the_end(wire):
    assert wire.talk("/quit") == [["!fatal", "session terminated on request"]]
    assert wire.receive() is None


@pytest.mark.parametrize(
    ("version", "replies"), [("7.17.2", [["!done"]]), ("7.18", [["!empty"], ["!done"]])]
)
def test_an_empty_answer_says_so_since_7_18(version, replies):
    with Simulator(version=version) as simulator, Wire(simulator.devices[0].port("api")) as wire:
        assert wire.talk("/ip/hotspot/active/print", "?user=nobody") == replies


def test_a_reserved_length_ends_the_connection(wire):
    wire.sock.sendall(b"\xf8")

    assert wire.receive() is None


def test_a_client_that_just_goes_leaves_nothing_behind(device, wire, eventually):
    wire.send("/interface/listen", ".tag=1")

    wire.close()

    eventually(lambda: device.connections == 0)
