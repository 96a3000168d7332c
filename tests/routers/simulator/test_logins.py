import contextlib
import hashlib

import pytest

from routers.simulator import Simulator
from tests.routers.simulator.wire import Wire

REFUSED = ["!trap", "=message=invalid user name or password (6)"]


def answer(challenge, password):
    digest = hashlib.md5(b"\0" + password.encode() + bytes.fromhex(challenge))
    return f"=response=00{digest.hexdigest()}"


def test_a_plain_login_is_answered_by_a_bare_done(device):
    with Wire(device.port("api"), login=None) as wire:
        assert wire.talk("/login", "=name=admin", "=password=admin") == [["!done"]]


@pytest.mark.parametrize("words", [("=name=admin", "=password=no"), ("=name=eve", "=password=")])
def test_a_wrong_name_or_password_is_refused_and_may_be_tried_again(device, words):
    with Wire(device.port("api"), login=None) as wire:
        assert wire.talk("/login", *words) == [REFUSED, ["!done"]]
        assert wire.talk("/login", "=name=admin", "=password=admin") == [["!done"]]


def test_before_login_any_other_command_is_fatal(device):
    with Wire(device.port("api"), login=None) as wire:
        assert wire.talk("/system/identity/print") == [["!fatal", "not logged in"]]
        assert wire.receive() is None


def test_a_modern_router_gives_a_challenge_and_refuses_its_response(device):
    with Wire(device.port("api"), login=None) as wire:
        ((_, ret),) = wire.talk("/login")
        response = answer(ret.removeprefix("=ret="), "admin")

        assert wire.talk("/login", "=name=admin", response) == [REFUSED, ["!done"]]


def test_a_router_before_6_43_takes_the_response_and_nothing_else():
    with Simulator(version="6.42.12") as simulator:
        with Wire(simulator.devices[0].port("api"), login=None) as wire:
            ((_, ret),) = wire.talk("/login", "=name=admin", "=password=admin")
            refused = wire.talk("/system/identity/print")
        assert ret.startswith("=ret=")
        assert refused == [["!fatal", "not logged in"]]

        with Wire(simulator.devices[0].port("api"), login=None) as wire:
            ((_, ret),) = wire.talk("/login")
            response = answer(ret.removeprefix("=ret="), "admin")
            assert wire.talk("/login", "=name=admin", response) == [["!done"]]


def test_a_challenge_is_good_for_one_attempt():
    with (
        Simulator(version="6.42.12") as simulator,
        Wire(simulator.devices[0].port("api"), login=None) as wire,
    ):
        ((_, ret),) = wire.talk("/login")
        wrong = answer(ret.removeprefix("=ret="), "no")
        right = answer(ret.removeprefix("=ret="), "admin")

        wire.talk("/login", "=name=admin", wrong)
        refused, _ = wire.talk("/login", "=name=admin", right)

    assert refused == ["!trap", "=message=cannot log in"]


def test_a_stranger_who_sends_too_much_is_hung_up_on(device):
    with Wire(device.port("api"), login=None) as wire:
        wire.send("/login", "=name=" + "x" * 5000)

        assert wire.receive() is None


def test_logins_and_logouts_are_logged(device, eventually):
    Wire(device.port("api")).close()
    eventually(lambda: device.connections == 0)
    with Wire(device.port("api"), login=("eve", "x")):
        pass

    lines = [(row["topics"], row["message"]) for row in device.rows("/log")]

    assert lines == [
        ("system,info,account", "user admin logged in from 127.0.0.1 via api"),
        ("system,info,account", "user admin logged out from 127.0.0.1 via api"),
        ("system,error,critical", "login failure for user eve from 127.0.0.1 via api"),
    ]


def test_a_session_shows_among_the_active_users_while_it_lasts(device, wire, eventually):
    (row,) = device.rows("/user/active")
    assert (row["name"], row["via"], row["group"]) == ("admin", "api", "full")

    wire.close()

    eventually(lambda: device.rows("/user/active") == [])


def test_removing_an_active_user_ends_the_connection(device, wire):
    with Wire(device.port("api")) as other:
        wire.talk("/user/active/remove", "=.id=*2")

        assert_over(other)


def assert_over(wire):
    with contextlib.suppress(ConnectionError):
        assert wire.receive() is None


def test_a_disabled_user_cannot_log_in(device):
    device.add("/user", {"name": "ana", "password": "x", "group": "full", "disabled": "yes"})

    with Wire(device.port("api"), login=None) as wire:
        assert wire.talk("/login", "=name=ana", "=password=x")[0] == REFUSED
