"""The arithmetic of use: whatever routers say, nothing is counted twice, and nothing forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.usage import NOTHING, Account, Usage, usage_of

pytestmark = pytest.mark.sql

amounts = st.integers(0, 10**6)
usages = st.builds(Usage, seconds=amounts, uploaded=amounts, downloaded=amounts)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("uptime", "bytes-in", "bytes-out"), st.text())
    )
)
def test_any_row_is_read_as_something_that_the_database_holds(row):
    usage = usage_of(row)

    assert all(0 <= part < 2**63 for part in (usage.seconds, usage.uploaded, usage.downloaded))
    assert usage.time.total_seconds() == usage.seconds


def test_a_row_is_read_as_the_guest_sees_it():
    row = {"uptime": "1h30m", "bytes-in": "500", "bytes-out": "7000"}

    assert usage_of(row) == Usage(seconds=5400, uploaded=500, downloaded=7000)


@given(st.lists(st.tuples(usages, st.sampled_from(["end", "go on", "unseen"])), max_size=12))
def test_what_a_router_counts_is_what_is_counted(steps):
    """One session after another; some end in sight, some between two looks."""
    account, row, seen = Account(NOTHING, NOTHING), NOTHING, NOTHING
    for grown, what in steps:
        session = seen + grown
        if what == "go on":
            account = account.grow(open_before=seen, closed=NOTHING, open_now=session)
            seen = session
            continue
        row += session
        closed = seen
        seen_before, seen = seen, NOTHING
        account = account.settle(open_before=seen_before, closed=closed, open_now=NOTHING, row=row)

    assert account.used == row + seen
    assert account.before == NOTHING


@given(st.lists(usages, min_size=1, max_size=8))
def test_use_survives_a_user_that_is_made_anew_after_each_session(sessions):
    account = Account(NOTHING, NOTHING)
    for session in sessions:
        account = account.grow(open_before=NOTHING, closed=NOTHING, open_now=session)
        account = account.settle(open_before=session, closed=session, open_now=NOTHING, row=None)

    assert account.used == account.before
    assert account.used == sum(sessions, NOTHING)


@given(usages, usages)
def test_counters_that_begin_anew_are_added_to_what_was(first, second):
    hour = Usage(seconds=3600, uploaded=2**24, downloaded=2**24)
    account = Account(NOTHING, NOTHING).settle(
        open_before=NOTHING, closed=NOTHING, open_now=NOTHING, row=hour + hour + first
    )

    account = account.settle(
        open_before=NOTHING, closed=NOTHING, open_now=NOTHING, row=Usage(seconds=5)
    )
    account = account.settle(
        open_before=NOTHING, closed=NOTHING, open_now=NOTHING, row=Usage(seconds=5) + second
    )

    assert account.used == hour + hour + first + Usage(seconds=5) + second


def test_a_session_that_a_router_lost_with_its_power_is_counted_once():
    first, lost = Usage(seconds=2400), Usage(seconds=300)
    account = Account(first, NOTHING).grow(open_before=NOTHING, closed=NOTHING, open_now=lost)

    account = account.settle(open_before=lost, closed=lost, open_now=NOTHING, row=first)
    after = account.settle(
        open_before=NOTHING, closed=NOTHING, open_now=NOTHING, row=first + Usage(seconds=60)
    )

    assert account == Account(first + lost, lost)
    assert after.used == first + lost + Usage(seconds=60)


@given(st.lists(st.tuples(usages, usages, usages, st.none() | usages), max_size=10))
def test_use_never_goes_back(looks):
    account = Account(NOTHING, NOTHING)
    for before, closed, now, row in looks:
        after = account.settle(
            open_before=before + closed, closed=closed, open_now=before + now, row=row
        )
        assert after.used.covers(account.used)
        assert after.used.covers(after.before)
        account = after
