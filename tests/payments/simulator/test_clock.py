import threading

import pytest

from payments.simulator.clock import Clock


@pytest.fixture
def clock():
    clock = Clock()
    yield clock
    clock.stop()


def test_what_is_planned_happens_in_order_and_at_its_time(clock):
    began, happened = clock.now(), []
    for seconds in (30, 10, 20):
        clock.after(seconds, lambda: happened.append(clock.now() - began))

    clock.advance(25)

    assert happened == pytest.approx([10, 20])


def test_it_knows_how_long_nothing_happens(clock):
    assert clock.until_next() is None
    clock.after(30, lambda: None)

    clock.advance(10)

    assert clock.until_next() == pytest.approx(20)


def test_what_is_planned_meanwhile_happens_too(clock):
    happened = []
    clock.after(10, lambda: clock.after(10, lambda: happened.append("second")))

    clock.advance(20)

    assert happened == ["second"]


def test_time_does_not_go_on_while_something_is_under_way(clock):
    clock.hold_on()

    with pytest.raises(TimeoutError):
        clock.settle(patience=0.01)
    clock.let_go()
    clock.settle()


def test_a_running_clock_needs_nobody():
    clock, done = Clock(running=True, scale=0.001), threading.Event()

    clock.after(10, done.set)

    assert done.wait(30)
    clock.stop()
