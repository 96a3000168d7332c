"""When a router counts as up or down, and what is said of it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.routers.fleet.support import Watched


@pytest.fixture
def watched():
    """A router that answered a minute ago."""
    watched = Watched()
    assert watched.answers() == ["online"]
    return watched


def test_one_miss_changes_nothing(watched):
    assert watched.misses() == []
    assert watched.status.is_up
    assert watched.answers() == []


def test_the_second_miss_in_a_row_is_offline(watched):
    watched.misses()

    assert watched.misses() == ["offline"]
    assert watched.status.is_up is False


def test_misses_with_an_answer_between_are_not_in_a_row(watched):
    for _ in range(10):
        watched.misses()
        watched.answers()

    assert watched.kinds == ["online"]


def test_the_first_answer_is_online_again(watched):
    watched.misses()
    watched.misses()

    assert watched.answers() == ["online"]
    assert (watched.status.misses, watched.status.reason) == (0, "")


def test_that_a_router_stays_away_is_said_once(watched):
    for _ in range(20):
        watched.misses()

    assert watched.kinds == ["online", "offline"]


def test_a_router_that_was_never_there_is_offline():
    watched = Watched()

    assert [watched.misses(), watched.misses()] == [[], ["offline"]]


@pytest.mark.parametrize(
    "reason", ["auth_failed", "tls_untrusted", "not_routeros", "host_not_allowed"]
)
def test_a_refusal_is_no_noise(watched, reason):
    assert watched.misses(reason=reason) == ["offline"]


def test_what_a_router_said_of_itself_stays_while_it_is_away(watched):
    watched.misses()

    assert (watched.status.version, watched.status.cpu_load) == ("7.16.2 (stable)", 7)
    assert watched.status.last_seen == watched.now - timedelta(minutes=1)
    assert watched.status.checked_at == watched.now


# When it is asked again ---------------------------------------------------------------------


def pauses(watched, reason, count):
    for _ in range(count):
        watched.misses(reason=reason)
        yield (watched.status.next_check_at - watched.now).total_seconds()


def test_a_silent_router_is_asked_ever_less_but_every_five_minutes(watched):
    assert list(pauses(watched, "timeout", 6)) == [55, 60, 120, 240, 240, 240]


def test_a_refused_login_is_not_tried_every_minute(watched):
    assert min(pauses(watched, "auth_failed", 3)) >= 1800


def test_a_router_that_answers_is_asked_by_every_sweep(watched):
    watched.misses()
    watched.answers()

    assert watched.status.next_check_at is None


# Restarts -----------------------------------------------------------------------------------


def test_an_uptime_that_went_back_is_a_restart(watched):
    assert watched.answers(uptime="1d1m") == []
    assert watched.answers(uptime="20s") == ["rebooted"]
    assert watched.answers(uptime="1m20s") == []


def test_a_restart_is_seen_across_the_time_that_it_took(watched):
    watched.misses()
    watched.misses()

    assert watched.answers(uptime="15s") == ["rebooted", "online"]


@pytest.mark.parametrize("uptime", ["", "?", "99:99:99:99"])
def test_an_uptime_that_cannot_be_read_says_nothing(watched, uptime):
    assert watched.answers(uptime=uptime) == []
    assert watched.answers(uptime="5s") == []


# Flapping -----------------------------------------------------------------------------------


def turn(watched):
    """Let the router go, or come back."""
    if watched.status.is_up:
        watched.misses()
        watched.misses()
    else:
        watched.answers()


def test_the_fifth_turn_within_an_hour_is_flapping_and_then_there_is_silence(watched):
    for _ in range(12):
        turn(watched)

    assert watched.kinds == ["online", *["offline", "online"] * 2, "flapping"]


def test_a_router_that_has_settled_is_spoken_of_again(watched):
    for _ in range(5):
        turn(watched)
    turn(watched)
    assert watched.status.is_up

    assert watched.answers(after=599) == []
    assert watched.answers(after=1) == ["online"]
    assert watched.answers() == []
    turn(watched)
    assert watched.kinds[-1] == "offline"


def test_a_router_that_settled_as_away_is_offline(watched):
    for _ in range(5):
        turn(watched)

    assert watched.misses(after=601) == ["offline"]


def test_few_turns_over_a_long_time_are_each_told(watched):
    for _ in range(5):
        watched.misses(after=1800)
        watched.misses()
        watched.answers(after=1800)

    assert watched.kinds == ["online", *["offline", "online"] * 5]


def test_a_router_that_restarts_for_ever_is_flapping(watched):
    for _ in range(8):
        watched.answers(uptime="50s")
        watched.answers(uptime="5s")

    assert watched.kinds.count("rebooted") == 5
    assert watched.kinds.count("flapping") == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 2000)), max_size=80))
def test_whatever_happens_no_state_is_announced_twice_in_a_row(course):
    watched = Watched()
    for answers, after in course:
        if answers:
            watched.answers(after, uptime="")
        else:
            watched.misses(after)

    said = watched.kinds
    assert not [kind for kind, following in pairwise(said) if kind == following]
    assert len(watched.status.turned_at) <= 5
