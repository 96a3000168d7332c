import os
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier, Event

import pytest

from routers.routeros import Command, Deadline, Pool, errors
from routers.routeros.pool import half_of_the_files
from routers.simulator import Simulator

from .servers import Server, wait_for_the_end
from .support import IDENTITY, USERS, add_user, answered_within, endpoint_at, endpoint_of, soon

MIKROTIK = [{"name": "MikroTik"}]


def names_of(device):
    return [row["name"] for row in device.rows("/ip/hotspot/user")]


# Keeping a connection ---------------------------------------------------------------------------


def test_calls_share_one_login(device, endpoint, pool):
    for _ in range(5):
        pool.run("r1", endpoint, IDENTITY, soon())

    assert device.logins == 1


def test_nothing_is_connected_before_the_first_call(device, pool):
    assert device.connections == 0


@pytest.mark.parametrize(("idle", "logins"), [(29, 1), (119, 1), (121, 2)])
def test_a_connection_is_kept_for_two_minutes_without_use(
    device, endpoint, pool, clock, idle, logins
):
    pool.run("r1", endpoint, IDENTITY, soon())
    clock.advance(idle)
    pool.run("r1", endpoint, IDENTITY, soon())

    assert device.logins == logins


def test_a_connection_lives_for_a_quarter_of_an_hour(device, endpoint, pool, clock):
    for _ in range(11):
        pool.run("r1", endpoint, IDENTITY, soon())
        clock.advance(100)

    assert device.logins == 2


def test_a_connection_that_was_idle_for_long_is_asked_for_a_sign_of_life(
    device, endpoint, pool, clock
):
    pool.run("r1", endpoint, add_user("ada"), soon())
    before = len(device.sentences)
    clock.advance(31)
    pool.run("r1", endpoint, add_user("bob"), soon())

    sent = [words[0] for words in list(device.sentences)[before:]]
    assert sent == ["/system/identity/print", "/ip/hotspot/user/add"]


def test_who_asks_for_no_sign_of_life_gets_none(device, endpoint, pool, clock):
    pool.run("r1", endpoint, add_user("ada"), soon())
    before = len(device.sentences)
    clock.advance(31)
    pool.run("r1", endpoint, USERS, soon(), ping=False)

    sent = [words[0] for words in list(device.sentences)[before:]]
    assert sent == ["/ip/hotspot/user/print"]


def test_as_many_connections_are_kept_as_half_of_the_files_that_may_be_open(monkeypatch):
    limits = {"open files": (1024, 4096)}
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits["open files"])
    assert half_of_the_files() == 512

    limits["open files"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert half_of_the_files() > 1_000_000


def test_a_router_that_keeps_its_name_to_itself_gives_a_sign_of_life_too(pool, clock):
    def serve(peer):
        peer.let_in()
        peer.answer(peer.hear())
        ping = peer.hear()
        peer.answer(ping, "=message=not enough permissions (9)", reply="!trap")
        peer.answer(ping)
        peer.answer(peer.hear())

    with Server(serve) as server:
        pool.run("r1", endpoint_at(server.port), add_user("ada"), soon())
        clock.advance(31)
        pool.run("r1", endpoint_at(server.port), add_user("bob"), soon())

        assert len(server.peers) == 1


def test_a_connection_that_gives_no_sign_of_life_leaves_time_for_another(pool, clock):
    """A NAT that forgot the connection drops what is sent on it without a word."""
    connections = []

    def serve(peer):
        connections.append(peer)
        peer.let_in()
        peer.answer(peer.hear())
        if len(connections) == 1:
            wait_for_the_end(peer)

    with Server(serve) as server:
        pool.run("r1", endpoint_at(server.port), add_user("ada"), soon())
        clock.advance(31)
        with answered_within(1.6) as deadline:  # half of it for the sign of life
            pool.run("r1", endpoint_at(server.port), add_user("bob"), deadline)

    assert len(connections) == 2


def test_a_connection_that_the_router_closed_is_noticed_before_it_is_used(device, endpoint, pool):
    pool.run("r1", endpoint, IDENTITY, soon())
    device.drop_connections()

    pool.run("r1", endpoint, add_user("guest"), soon())

    assert "guest" in names_of(device)


def test_a_connection_that_says_something_unasked_is_not_used_again(pool):
    logins = []
    stray = Event()

    def serve(peer):
        peer.let_in()
        logins.append(peer)
        peer.answer(peer.hear())
        peer.say("!re", ".tag=3", "=name=stray")
        stray.set()
        wait_for_the_end(peer)

    with Server(serve) as server:
        pool.run("r1", endpoint_at(server.port), IDENTITY, soon())
        assert stray.wait(20)
        assert pool.run("r1", endpoint_at(server.port), IDENTITY, soon()).rows == []

    assert len(logins) == 2


def test_connections_that_nobody_uses_are_closed_longest_unused_first(clock):
    with Simulator(count=3) as routers, closing(Pool(clock=clock, most_idle=lambda: 2)) as pool:
        first, second, third = routers.devices
        for device in (first, second, first, third):
            pool.run(device.port("api"), endpoint_of(device), IDENTITY, soon())
        for device in (first, third):
            pool.run(device.port("api"), endpoint_of(device), IDENTITY, soon())

        assert (first.logins, second.logins, third.logins) == (1, 1, 1)
        pool.run(second.port("api"), endpoint_of(second), IDENTITY, soon())
        assert second.logins == 2


def test_connections_that_nobody_uses_are_closed_without_a_further_call():
    def serve(peer):
        peer.let_in()
        peer.answer(peer.hear())
        wait_for_the_end(peer)

    with Server(serve) as server, closing(Pool(longest_idle=0.01)) as pool:
        pool.run("r1", endpoint_at(server.port), IDENTITY, soon())

        assert server.ended.get(timeout=20)


def test_a_sweep_closes_what_is_old_and_leaves_what_is_not(pool, clock):
    def serve(peer):
        peer.let_in()
        peer.answer(peer.hear())
        wait_for_the_end(peer)

    with Server(serve) as old, Server(serve) as new:
        pool.run("old", endpoint_at(old.port), IDENTITY, soon())
        clock.advance(121)
        pool.run("new", endpoint_at(new.port), IDENTITY, soon())
        pool.sweep()

        assert old.ended.get(timeout=20)
        assert new.ended.empty()


# One caller at a time ---------------------------------------------------------------------------


def test_callers_of_one_router_take_turns(device, endpoint, pool):
    with ThreadPoolExecutor(8) as threads:
        replies = threads.map(
            lambda number: pool.run("r1", endpoint, add_user(f"u{number}"), soon()), range(40)
        )

    assert len({reply.ret for reply in replies}) == 40
    assert device.logins == 1


def test_a_caller_waits_for_its_turn_no_longer_than_its_deadline(endpoint, pool):
    with (
        pool.session("r1", endpoint, soon()),
        answered_within(0.2) as deadline,
        pytest.raises(errors.Busy) as caught,
    ):
        pool.run("r1", endpoint, IDENTITY, deadline)

    assert (caught.value.reason, caught.value.sent) == ("timeout", False)


def test_a_busy_router_has_not_failed(endpoint, pool):
    with pool.session("r1", endpoint, soon()):
        for _ in range(5):
            with pytest.raises(errors.Busy):
                pool.run("r1", endpoint, IDENTITY, Deadline(0))

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


def test_a_slow_router_keeps_nobody_from_another(pool):
    with Simulator(count=2) as routers:
        slow, quick = routers.devices
        with pool.session("slow", endpoint_of(slow), soon()), answered_within(8) as deadline:
            assert pool.run("quick", endpoint_of(quick), IDENTITY, deadline).rows


def test_a_caller_that_fails_by_itself_leaves_the_connection_good(device, endpoint, pool):
    with pytest.raises(ZeroDivisionError), pool.session("r1", endpoint, soon()):
        raise ZeroDivisionError

    pool.run("r1", endpoint, IDENTITY, soon())
    assert device.logins == 1


def test_a_caller_that_is_interrupted_in_its_call_leaves_no_connection(device, endpoint, pool):
    def commands():
        yield IDENTITY
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        pool.session("r1", endpoint, soon()) as session,
    ):
        session.run_many(commands(), soon())

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK
    assert device.logins == 2


# Asking again -----------------------------------------------------------------------------------


def closes_instead_of_its_second_answer(logins, heard):
    def serve(peer):
        peer.let_in()
        logins.append(peer)
        for _ in range(2):
            heard.append(peer.hear())
            if len(heard) == 2:
                return
            peer.answer(heard[-1])

    return serve


def test_a_kept_connection_that_dies_is_no_trouble_to_a_reader(pool):
    logins, heard = [], []

    with Server(closes_instead_of_its_second_answer(logins, heard)) as server:
        for _ in range(2):
            pool.run("r1", endpoint_at(server.port), IDENTITY, soon())

    assert (len(logins), len(heard)) == (2, 3)


def test_what_writes_is_never_sent_twice(pool):
    logins, heard = [], []

    with Server(closes_instead_of_its_second_answer(logins, heard)) as server:
        pool.run("r1", endpoint_at(server.port), IDENTITY, soon())
        with pytest.raises(errors.Unreachable) as caught:
            pool.run("r1", endpoint_at(server.port), add_user("guest"), soon())

    assert caught.value.sent
    assert (len(logins), len(heard)) == (1, 2)


def test_a_fresh_connection_that_dies_is_not_tried_again(pool):
    heard = []

    def serve(peer):
        peer.let_in()
        heard.append(peer.hear())

    with Server(serve) as server, pytest.raises(errors.Unreachable):
        pool.run("r1", endpoint_at(server.port), IDENTITY, soon())

    assert len(heard) == 1


# Routers that fail ------------------------------------------------------------------------------


def fail(pool, endpoint, times, kind=errors.Unreachable):
    for _ in range(times):
        with pytest.raises(kind):
            pool.run("r1", endpoint, IDENTITY, soon())


@pytest.fixture
def absent(device, endpoint, pool):
    """A router that has been found absent often enough."""
    device.switch_off()
    fail(pool, endpoint, 3)
    return device


def test_a_router_that_keeps_failing_is_left_alone(absent, endpoint, pool):
    absent.switch_on()

    with pytest.raises(errors.CircuitOpen) as caught:
        pool.run("r1", endpoint, IDENTITY, soon())

    assert caught.value.reason == "unreachable"
    assert 0 < caught.value.retry_after <= 30
    assert absent.logins == 0


def test_after_its_pause_it_is_asked_again(absent, endpoint, pool, clock):
    absent.switch_on()
    clock.advance(30)

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


def test_while_one_caller_finds_out_the_others_do_not_wait(absent, endpoint, pool, clock):
    absent.switch_on()
    clock.advance(30)

    with pool.session("r1", endpoint, soon()), pytest.raises(errors.CircuitOpen):
        pool.run("r1", endpoint, IDENTITY, soon())


def test_a_person_may_ask_all_the_same_and_success_is_for_everyone(absent, endpoint, pool):
    absent.switch_on()

    with pool.session("r1", endpoint, soon(), probe=True) as session:
        session.run(IDENTITY, soon())

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


def test_a_person_who_asks_is_not_told_of_an_earlier_sign_of_life(device, endpoint, pool):
    pool.run("r1", endpoint, add_user("ada"), soon())
    device.faults.set(silent=True)

    with (
        answered_within(0.3) as deadline,
        pytest.raises(errors.TimedOut),
        pool.session("r1", endpoint, deadline, probe=True),
    ):
        pytest.fail("the router did not answer")


def test_a_refused_login_is_not_repeated(device, pool):
    wrong = endpoint_of(device, password="wrong")
    fail(pool, wrong, 1, errors.AuthFailed)
    before = len(device.sentences)

    with pytest.raises(errors.CircuitOpen) as caught:
        pool.run("r1", wrong, IDENTITY, soon())

    assert caught.value.reason == "auth_failed"
    assert len(device.sentences) == before


def test_a_new_password_is_tried_at_once(device, endpoint, pool):
    fail(pool, endpoint_of(device, password="wrong"), 1, errors.AuthFailed)

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


@pytest.mark.parametrize("change", [{"username": "other"}, {"password": "x"}, {"host": "::1"}])
def test_a_connection_is_not_used_for_another_endpoint(device, endpoint, pool, change):
    pool.run("r1", endpoint, IDENTITY, soon())

    with pytest.raises((errors.AuthFailed, errors.Unreachable)):
        pool.run("r1", replace(endpoint, **change), IDENTITY, soon())


def test_refusals_never_count_as_failures(device, endpoint, pool):
    for _ in range(10):
        with pytest.raises(errors.NoSuchItem):
            pool.run("r1", endpoint, Command("/ip/hotspot/user", "remove", {".id": "*FF"}), soon())

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK
    assert device.logins == 1


def test_failures_that_the_caller_swallows_count_as_well(endpoint, pool, device):
    for _ in range(3):
        device.faults.set(cut_after=2)
        with pytest.raises(errors.Unreachable), pool.session("r1", endpoint, soon()) as session:
            session.run(IDENTITY, soon())
    device.faults.clear()

    with pytest.raises(errors.CircuitOpen):
        pool.run("r1", endpoint, IDENTITY, soon())


def test_a_connection_that_had_died_meanwhile_is_no_failure(endpoint, pool, device):
    for _ in range(5):
        pool.run("r1", endpoint, IDENTITY, soon())
        device.drop_connections()

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


def test_what_is_forgotten_begins_anew(absent, endpoint, pool):
    absent.switch_on()
    pool.forget("r1")

    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


# Letting go -------------------------------------------------------------------------------------


def answers_until_closed(peer):
    peer.let_in()
    while True:
        peer.answer(peer.hear())


@pytest.mark.parametrize("let_go", [lambda pool: pool.forget("r1"), lambda pool: pool.close()])
def test_to_let_go_closes_the_connection(pool, let_go):
    with Server(answers_until_closed) as server:
        pool.run("r1", endpoint_at(server.port), IDENTITY, soon())
        let_go(pool)

        assert server.ended.get(timeout=20)


@pytest.mark.parametrize("let_go", [lambda pool: pool.forget("r1"), lambda pool: pool.close()])
def test_to_let_go_of_a_session_in_use_waits_for_its_end(pool, let_go):
    with Server(answers_until_closed) as server:
        with pool.session("r1", endpoint_at(server.port), soon()) as session:
            let_go(pool)
            session.run(IDENTITY, soon())

        assert server.ended.get(timeout=20)


# Forked processes -------------------------------------------------------------------------------

# Python 3.12 warns of forks beside threads, of which the simulated router is one.
beside_threads = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def in_a_fork(act):
    """Return the exit status of a child that runs `act`, 0 if it returns true."""
    child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if act() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@beside_threads
def test_a_fork_makes_its_own_connection_and_leaves_the_parent_s_alone(device, endpoint, pool):
    pool.run("r1", endpoint, IDENTITY, soon())

    status = in_a_fork(lambda: pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK)

    assert status == 0
    assert device.logins == 2
    assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK
    assert device.logins == 2


@beside_threads
def test_a_fork_does_not_inherit_a_lock(device, endpoint, pool):
    with pool.session("r1", endpoint, soon()):
        assert in_a_fork(lambda: pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK) == 0


# Addresses --------------------------------------------------------------------------------------


def test_the_resolver_has_the_last_word_on_where_to_connect(device, endpoint):
    asked = []

    def resolve(endpoint, deadline):
        asked.append((endpoint.host, endpoint.port))
        return ["127.0.0.1"]

    with closing(Pool(resolve)) as pool:
        named = replace(endpoint, host="router.example")
        assert pool.run("r1", named, IDENTITY, soon()).rows == MIKROTIK

    assert asked == [("router.example", endpoint.port)]


def test_a_resolver_s_own_refusal_reaches_the_caller_and_is_no_failure(endpoint):
    def resolve(endpoint, deadline):
        raise PermissionError("not there")

    with closing(Pool(resolve)) as pool:
        for _ in range(5):
            with pytest.raises(PermissionError):
                pool.run("r1", endpoint, IDENTITY, soon())


def test_an_address_that_refuses_is_passed_over(device, endpoint):
    with closing(Pool(lambda endpoint, deadline: ["::1", "127.0.0.1"])) as pool:
        assert pool.run("r1", endpoint, IDENTITY, soon()).rows == MIKROTIK


def test_a_name_without_addresses_is_unreachable(endpoint):
    with (
        closing(Pool(lambda endpoint, deadline: [])) as pool,
        pytest.raises(errors.Unreachable),
    ):
        pool.run("r1", endpoint, IDENTITY, soon())


def test_names_are_resolved(device, endpoint, pool):
    named = replace(endpoint, host="localhost")

    assert pool.run("r1", named, IDENTITY, soon()).rows == MIKROTIK


@pytest.mark.parametrize("host", ["no-such-router.invalid", "x" * 70 + ".invalid"])
def test_a_name_that_does_not_exist_is_unreachable(endpoint, pool, monkeypatch, host):
    def unknown(name, *_, **__):
        name.encode("idna")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(errors.Unreachable):
        pool.run("r1", replace(endpoint, host=host), IDENTITY, soon())


def test_a_name_server_that_is_silent_is_not_waited_for(endpoint, pool, monkeypatch):
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(5) and [])

    with answered_within(0.2) as deadline, pytest.raises(errors.TimedOut):
        pool.run("r1", replace(endpoint, host="router.example"), IDENTITY, deadline)
    over.set()


def test_many_threads_on_many_routers_get_their_own_answers(clock):
    """The pool's bookkeeping under fire: every caller must hear from the router it asked."""
    start = Barrier(8)
    with Simulator(count=4) as routers, closing(Pool(clock=clock, most_idle=lambda: 2)) as pool:
        for number, device in enumerate(routers.devices):
            device.set("/system/identity", "", {"name": f"r{number}"})

        def call(worker):
            start.wait()
            heard = []
            for turn in range(25):
                number = (worker + turn) % 4
                endpoint = endpoint_of(routers.devices[number])
                rows = pool.run(number, endpoint, IDENTITY, soon()).rows
                heard.append(rows == [{"name": f"r{number}"}])
                if turn % 10 == 9:
                    pool.forget(number)
            return all(heard)

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(call, range(8)))
