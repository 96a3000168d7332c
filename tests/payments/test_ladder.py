"""When a provider is asked after a payment."""

from datetime import UTC, datetime, timedelta

import pytest

from payments import ladder
from payments.states import CLOSED, OPEN, State

START = datetime(2026, 3, 29, tzinfo=UTC)


def questions(state):
    """Return after how many seconds a payment that stays in `state` is asked after."""
    times, now = [], START
    while due := ladder.next_question(state, sent_at=START, since=START, now=now):
        times.append((due - START).total_seconds())
        now = due
    return times


def test_who_waits_is_asked_after_often_at_first_and_daily_at_last():
    early = [3, 6, 10, 15, 20, 30, 45, 60, 90, 120]

    times = questions(State.PENDING)

    assert times[:10] == early
    assert times[-1] == timedelta(days=7).total_seconds()
    assert times == questions(State.UNKNOWN) == questions(State.EXPIRED)


def test_a_no_is_asked_after_again_for_a_day():
    assert questions(State.FAILED) == [60, 600, 3600, 86_400]


def test_a_dispute_is_asked_after_daily_for_months():
    assert len(questions(State.DISPUTED)) == 120


@pytest.mark.parametrize("state", State)
def test_rungs_only_go_up_and_end(state):
    times = questions(state)

    assert times == sorted(set(times))
    assert bool(times) == (state in OPEN | CLOSED | {State.DISPUTED})


def test_a_prompt_expires_in_minutes_and_a_voucher_of_a_shop_in_days():
    def has_expired(pays_elsewhere, **later):
        now = START + timedelta(**later)
        return ladder.has_expired(sent_at=START, now=now, pays_elsewhere=pays_elsewhere)

    assert not has_expired(False, seconds=179)
    assert has_expired(False, seconds=180)
    assert not has_expired(True, days=2)
    assert has_expired(True, days=3)
