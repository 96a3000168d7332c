import pytest

from routers.routeros import errors
from routers.routeros.breaker import Breaker


@pytest.fixture
def breaker(clock):
    return Breaker(clock, jitter=lambda: 1.0)


def fail(breaker, times=1, error=errors.TimedOut):
    for _ in range(times):
        breaker.failed(error())


def pause_of(breaker):
    with pytest.raises(errors.CircuitOpen) as caught:
        breaker.check()
    return caught.value.retry_after


def test_two_failures_are_not_enough_to_open(breaker):
    fail(breaker, 2)

    breaker.check()


def test_the_third_failure_in_a_row_opens_with_its_own_reason(breaker):
    fail(breaker, 2, errors.Unreachable)
    fail(breaker, 1, errors.TimedOut)

    with pytest.raises(errors.CircuitOpen) as caught:
        breaker.check()
    assert (caught.value.reason, caught.value.retry_after) == ("timeout", 30)


def test_a_success_starts_the_count_again(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)

    breaker.check()


def test_a_refused_login_opens_at_once(breaker):
    fail(breaker, 1, errors.AuthFailed)

    with pytest.raises(errors.CircuitOpen) as caught:
        breaker.check()
    assert caught.value.reason == "auth_failed"


def test_after_the_pause_one_call_may_find_out(breaker, clock):
    fail(breaker, 3)
    clock.advance(30)

    breaker.check()
    with pytest.raises(errors.CircuitOpen):
        breaker.check(is_being_tried=True)


def test_each_failed_trial_doubles_the_pause_up_to_a_quarter_of_an_hour(breaker, clock):
    fail(breaker, 3)

    pauses = [pause_of(breaker)]
    for _ in range(7):
        clock.advance(pauses[-1])
        fail(breaker)
        pauses.append(pause_of(breaker))

    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_failure_during_the_pause_lengthens_nothing(breaker, clock):
    fail(breaker, 3)
    clock.advance(10)
    fail(breaker, 5)

    assert pause_of(breaker) == 20


def test_a_success_forgets_the_long_pauses(breaker, clock):
    fail(breaker, 3)
    clock.advance(30)
    fail(breaker)
    breaker.succeeded()
    fail(breaker, 3)

    assert pause_of(breaker) == 30


def test_pauses_are_spread_out_and_never_longer_than_said(clock):
    def pause():
        breaker = Breaker(clock)
        fail(breaker, 3)
        return pause_of(breaker)

    pauses = [pause() for _ in range(50)]

    assert 24 <= min(pauses) < max(pauses) <= 30
