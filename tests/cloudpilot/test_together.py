"""What threads bring at the same time is done by one of them, and each has its own answer."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest

from cloudpilot.together import Gathering, together

pytestmark = pytest.mark.sql

PATIENCE = 20  # seconds, for what takes none


class Desk:
    """Doubles numbers, held up until it is told to go on; remembers which came together."""

    def __init__(self, *, apart=()):
        self.batches = []
        self.began, self.go_on = Event(), Event()
        self.gathering = Gathering(self._double, apart)
        self.double = self.gathering.join

    def _double(self, numbers):
        self.batches.append(sorted(numbers))
        self.began.set()
        assert self.go_on.wait(PATIENCE)
        if 13 in numbers:
            raise ValueError(f"13 among {len(numbers)}")
        return [2 * number for number in numbers]


def outcomes(desk, first, others):
    """Bring the others while the first is being done; return what each got, or its error."""
    with ThreadPoolExecutor(1 + len(others)) as pool:
        brought = [pool.submit(desk.double, first)]
        assert desk.began.wait(PATIENCE)
        brought += [pool.submit(desk.double, number) for number in others]
        while len(desk.gathering._waiting) < len(others):
            wait(brought, timeout=0.001)
        desk.go_on.set()
        return [got.exception(PATIENCE) or got.result() for got in brought]


def test_one_alone_is_done_at_once():
    desk = Desk()
    desk.go_on.set()

    assert [desk.double(number) for number in (1, 2)] == [2, 4]
    assert desk.batches == [[1], [2]]


def test_those_that_came_meanwhile_are_done_together_and_each_has_its_own_answer():
    desk = Desk()

    assert outcomes(desk, 1, [2, 3, 4]) == [2, 4, 6, 8]
    assert desk.batches == [[1], [2, 3, 4]]


def test_of_an_error_all_hear_whom_it_met_and_those_who_come_later_do_not():
    desk = Desk()

    got = outcomes(desk, 1, [2, 13])

    assert [str(error) for error in got[1:]] == ["13 among 2"] * 2
    assert (got[0], desk.double(5)) == (2, 10)


def test_of_ones_own_fault_nobody_else_hears():
    desk = Desk(apart=(ValueError,))

    got = outcomes(desk, 1, [2, 13, 4])

    assert [got[0], got[1], got[3]] == [2, 4, 8]
    assert str(got[2]) == "13 among 1"


def test_whoever_comes_while_a_batch_fails_is_done_in_the_next():
    desk = Desk()

    got = outcomes(desk, 13, [1, 2])

    assert isinstance(got[0], ValueError)
    assert got[1:] == [2, 4]


@pytest.mark.race
def test_of_many_at_once_none_is_forgotten_and_none_is_done_twice():
    done = []

    @together()
    def note(numbers):
        done.extend(numbers)
        return numbers

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(note, range(500))) == list(range(500))
    assert sorted(done) == list(range(500))
