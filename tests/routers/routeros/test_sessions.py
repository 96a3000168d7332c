"""What holds for every transport, asked of the simulated router."""

import pytest

from routers.routeros import Command, Deadline, Reply, errors
from routers.simulator import Simulator

from .support import IDENTITY, TRANSPORTS, USERS, add_user, endpoint_of, soon


@pytest.fixture(params=TRANSPORTS)
def ask(request, device, pool):
    """Run a command on the simulated router, over each transport in turn."""
    endpoint = endpoint_of(device, request.param)
    return lambda command: pool.run("r1", endpoint, command, soon())


@pytest.fixture(params=TRANSPORTS)
def session(request, device, pool):
    with pool.session("r1", endpoint_of(device, request.param), soon()) as session:
        yield session


def test_a_row_that_was_added_is_read_back_under_its_new_id(ask):
    reply = ask(add_user("guest"))
    found = ask(Command("/ip/hotspot/user", "print", queries=("name=guest",), proplist=(".id",)))

    assert reply == Reply(rows=[], ret=found.rows[0][".id"])


@pytest.mark.parametrize(
    "value", ["00123", "yes", "true", "12345", "1.0", "a=b", "Żółć ü", "line\nbreak", "nul\0nul"]
)
def test_values_come_back_as_they_were_sent(ask, value):
    ask(add_user("guest", comment=value))

    row = ask(Command("/ip/hotspot/user", "print", queries=("name=guest",))).rows[0]

    assert row["comment"] == value


def test_a_query_that_finds_nothing_has_no_rows(ask):
    assert ask(Command("/ip/hotspot/user", "print", queries=("name=nobody",))) == Reply()


def test_queries_are_a_stack(ask):
    for name in ("ada", "bob", "eve"):
        ask(add_user(name))

    found = ask(
        Command(
            "/ip/hotspot/user",
            "print",
            queries=("name=ada", "name=eve", "#|"),
            proplist=("name",),
        )
    )

    assert found.rows == [{"name": "ada"}, {"name": "eve"}]


def test_a_count_comes_as_ret(ask):
    ask(add_user("guest"))
    names = ask(USERS).rows

    reply = ask(Command("/ip/hotspot/user", "print", {"count-only": ""}))

    assert reply == Reply(rows=[], ret=str(len(names)))


def test_set_and_remove_answer_nothing(ask):
    user = ask(add_user("guest")).ret

    changed = ask(Command("/ip/hotspot/user", "set", {".id": user, "comment": "x"}))
    removed = ask(Command("/ip/hotspot/user", "remove", {".id": user}))

    assert [changed, removed] == [Reply(), Reply()]


def test_a_menu_of_one_has_one_row(ask):
    assert ask(IDENTITY).rows == [{"name": "MikroTik"}]


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (Command("/ip/nowhere", "print"), errors.UnknownCommand),
        (Command("/ip/hotspot/user", "frob"), errors.UnknownCommand),
        (Command("/ip/hotspot/user", "remove", {".id": "*FFFF"}), errors.NoSuchItem),
        (Command("/ip/hotspot/user", "add", {"name": "a", "frob": "1"}), errors.UnknownParameter),
        (Command("/ip/hotspot/user", "add", {"name": "a", "profile": "none"}), errors.InvalidValue),
        (Command("/ip/hotspot/user", "add", {"name": "twice"}), errors.AlreadyExists),
    ],
)
def test_a_refusal_says_why_and_leaves_the_connection_good(device, ask, command, kind):
    ask(add_user("twice"))

    with pytest.raises(errors.Refused) as caught:
        ask(command)

    assert type(caught.value) is kind
    assert ask(IDENTITY).rows == [{"name": "MikroTik"}]
    assert device.connections == 1


def test_many_commands_have_one_outcome_each_in_order(session):
    commands = [add_user("ada"), add_user("ada"), IDENTITY, Command("/ip/nowhere", "print")]

    added, twice, identity, nowhere = session.run_many(commands, soon())

    assert added.ret.startswith("*")
    assert isinstance(twice, errors.AlreadyExists)
    assert identity.rows == [{"name": "MikroTik"}]
    assert isinstance(nowhere, errors.UnknownCommand)


def test_more_commands_than_fit_the_window_all_find_their_answers(session):
    names = [f"user-{number}" for number in range(120)]

    outcomes = session.run_many([add_user(name) for name in names], soon())
    rows = session.run(Command("/ip/hotspot/user", "print", proplist=(".id", "name")), soon()).rows

    ids = {row["name"]: row[".id"] for row in rows}
    assert [outcome.ret for outcome in outcomes] == [ids[name] for name in names]


def test_no_commands_have_no_outcomes(session):
    assert session.run_many([], soon()) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_wrong_password_is_told_apart(device, pool, transport):
    endpoint = endpoint_of(device, transport, password="wrong")

    with pytest.raises(errors.AuthFailed) as caught:
        pool.run("r1", endpoint, add_user("guest"), soon())

    assert not caught.value.sent


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("password", ["", "p=ss wörd", "x" * 300])
def test_any_password_logs_in(pool, transport, password):
    with Simulator(services=(transport,), password=password) as simulator:
        endpoint = endpoint_of(simulator.devices[0], transport, password=password)

        assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]


@pytest.mark.parametrize("version", ["6.42.12", "6.43", "7.16.2", "7.20.8"])
def test_both_ways_to_log_in_are_known(pool, version):
    with Simulator(version=version) as simulator:
        endpoint = endpoint_of(simulator.devices[0])

        assert pool.run("r1", endpoint, IDENTITY, soon()).rows == [{"name": "MikroTik"}]


def test_a_wrong_password_is_told_apart_by_old_routers_too(pool):
    with Simulator(version="6.42.12") as simulator:
        endpoint = endpoint_of(simulator.devices[0], password="wrong")

        with pytest.raises(errors.AuthFailed):
            pool.run("r1", endpoint, IDENTITY, soon())


def test_a_call_that_starts_too_late_is_not_sent(device, session):
    with pytest.raises(errors.TimedOut) as caught:
        session.run(add_user("late"), Deadline(0))

    assert not caught.value.sent
    assert "late" not in [row["name"] for row in device.rows("/ip/hotspot/user")]


def test_a_closed_session_is_of_no_more_use(session):
    session.close()

    with pytest.raises(errors.Unreachable) as caught:
        session.run(IDENTITY, soon())
    assert not caught.value.sent
