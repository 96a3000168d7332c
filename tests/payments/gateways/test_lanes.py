"""How one provider's trouble stays its own."""

from threading import Event, Thread

import pytest

from payments.gateways.errors import NotSent
from payments.gateways.lanes import Lane
from tests.routers.routeros.support import Clock


@pytest.fixture
def clock():
    return Clock()


def visit(lane, *, well=True):
    with lane.visit(1) as one:
        one.went_well = well


def fail(lane, times):
    for _ in range(times):
        visit(lane, well=False)


def test_after_five_failures_in_a_row_nobody_gets_through(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    fail(lane, 5)

    with pytest.raises(NotSent) as raised:
        visit(lane)

    assert (raised.value.code, raised.value.retry_after) == ("provider_unreachable", 2.0)


def test_a_call_that_goes_well_begins_the_count_again(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    fail(lane, 4)
    visit(lane)
    fail(lane, 4)

    visit(lane)


def test_after_the_pause_one_call_at_a_time_may_try(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    fail(lane, 5)
    clock.advance(2)

    with lane.visit(1) as probe:
        with pytest.raises(NotSent):
            visit(lane)
        probe.went_well = True

    visit(lane)


def test_each_try_that_fails_doubles_the_pause_up_to_a_minute(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    fail(lane, 5)
    pauses = []
    for _ in range(7):
        with pytest.raises(NotSent) as raised:
            visit(lane)
        pauses.append(raised.value.retry_after)
        clock.advance(pauses[-1])
        visit(lane, well=False)

    assert pauses == [2, 4, 8, 16, 32, 60, 60]


def test_a_clock_that_is_put_back_closes_nothing_for_good(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    fail(lane, 5)
    clock.advance(-3600)

    visit(lane)


def test_calls_that_were_under_way_when_it_closed_lengthen_nothing(clock):
    lane = Lane(clock=clock, wall_clock=clock)
    with lane.visit(1), lane.visit(1):
        fail(lane, 5)

    clock.advance(2)
    visit(lane)


def test_an_exception_in_a_call_is_a_failure(clock):
    lane = Lane(threshold=1, clock=clock, wall_clock=clock)

    with pytest.raises(ZeroDivisionError), lane.visit(1):
        raise ZeroDivisionError

    with pytest.raises(NotSent):
        visit(lane)


def test_where_slow_calls_have_all_places_others_are_turned_away_at_once(clock):
    lane = Lane(2, clock=clock, wall_clock=clock)
    with lane.visit(1) as one, lane.visit(1) as two:
        clock.advance(0.6)
        with pytest.raises(NotSent) as raised:
            visit(lane)
        one.went_well = two.went_well = True

    assert raised.value.code == "provider_busy"
    visit(lane)


def test_a_call_waits_for_a_place_that_is_soon_free():
    lane = Lane(1, patience=10)
    entered, leave, done = Event(), Event(), []

    def first():
        with lane.visit(1) as one:
            entered.set()
            leave.wait()
            done.append("first")
            one.went_well = True

    def second():
        entered.wait()
        leave.set()
        with lane.visit(10) as two:
            done.append("second")
            two.went_well = True

    threads = [Thread(target=first), Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == ["first", "second"]


def test_no_call_waits_past_its_own_deadline():
    lane = Lane(1, patience=60)

    with lane.visit(1), pytest.raises(NotSent) as raised, lane.visit(0.05):
        pass

    assert raised.value.code == "provider_busy"
