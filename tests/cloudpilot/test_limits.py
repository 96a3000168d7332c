"""Limits hold across processes, and count what they should."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cloudpilot import limits
from cloudpilot.errors import NotAuthenticated, TooManyRequests
from cloudpilot.limits import failures_counted, failures_spent, spend
from cloudpilot.models import RateCounter
from tests.parallel import at_once

pytestmark = pytest.mark.sql


class WrongPassword(Exception):
    pass


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.LIMITS = {"tries": (3, 60), "others": (3, 60)}


def fail(subject="amina"):
    with failures_counted("tries", subject):
        raise WrongPassword


def test_a_limit_lets_its_number_through_and_says_when_to_come_again(db):
    for _ in range(3):
        spend("tries", "amina")

    with pytest.raises(TooManyRequests) as refused:
        spend("tries", "amina")
    assert 1 <= refused.value.retry_after <= 60


def test_subjects_and_limits_are_counted_apart(db):
    for _ in range(3):
        spend("tries", "amina")

    spend("tries", "baraka")
    spend("others", "amina")


def test_a_new_window_starts_from_nothing(db):
    for _ in range(3):
        spend("tries", "amina")

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        for _ in range(3):
            spend("tries", "amina")
        with pytest.raises(TooManyRequests):
            spend("tries", "amina")


def test_only_failures_are_counted(db):
    for _ in range(5):
        with failures_counted("tries", "amina"):
            pass
    for _ in range(3):
        with pytest.raises(WrongPassword):
            fail()

    with pytest.raises(TooManyRequests):
        fail()


def miss(**subjects):
    with failures_spent(subjects):
        raise NotAuthenticated("No.")


def test_a_failure_is_spent_on_each_of_its_limits(db):
    for _ in range(3):
        with pytest.raises(NotAuthenticated):
            miss(tries="amina", others="café")

    for subjects in ({"tries": "amina"}, {"others": "café"}, {"tries": "baraka", "others": "café"}):
        with pytest.raises(TooManyRequests), failures_spent(subjects):
            pass


def test_what_succeeds_writes_nothing(db):
    with failures_spent({"tries": "amina", "others": "café"}):
        pass

    assert not RateCounter.objects.exists()


def test_a_place_left_by_a_process_that_died_is_free_after_the_window(db):
    for _ in range(3):
        limits._hold(limits._key("tries", "amina"), 3, 60)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        spend("tries", "amina")


def test_a_try_that_waits_in_vain_for_places_is_refused(db, monkeypatch):
    monkeypatch.setattr(limits, "_PATIENCE_SECONDS", 0)
    for _ in range(3):
        limits._hold(limits._key("tries", "amina"), 3, 60)

    with pytest.raises(TooManyRequests):
        fail()


def test_the_table_holds_no_names(db):
    spend("tries", "amina")

    assert "amina" not in str(RateCounter.objects.values().get())


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_uses_exactly_the_limit_is_let_through():
    answers = at_once(lambda _: spend("tries", "amina"), 12)

    assert sum(answer is None for answer in answers) == 3
    assert RateCounter.objects.get().spent == 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_failures_exactly_the_limit_is_tried():
    answers = at_once(lambda _: fail(), 12)

    assert sum(isinstance(answer, WrongPassword) for answer in answers) == 3
    assert (RateCounter.objects.get().spent, RateCounter.objects.get().held) == (3, 0)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_successes_all_come_through_in_turn():
    def succeed(_):
        with failures_counted("tries", "amina"):
            return True

    assert at_once(succeed, 12) == [True] * 12
    assert RateCounter.objects.get().held == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_parallel_failures_no_more_than_the_limit_are_told():
    answers = at_once(lambda _: miss(tries="amina"), 12)

    assert sum(isinstance(answer, NotAuthenticated) for answer in answers) == 3
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 9
