"""History: what is kept of samples as they age, and what a chart is given of them."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from routers import services
from routers.fleet import history, samples
from routers.fleet.samples import DAY, FINE, HOUR
from routers.models import RouterSample
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.fleet.support import NOON, found
from tests.routers.support import at

pytestmark = pytest.mark.sql

MINUTE = timedelta(minutes=1)


def sample(router, starts_at, width=FINE, **sums):
    values = {
        "checks": 5, "answers": 5, "cpu_load_sum": 50, "cpu_load_max": 20,
        "free_memory_sum": 500, "total_memory": 200,
    }  # fmt: skip
    return RouterSample.objects.create(
        router=router, width=width, starts_at=starts_at, **{**values, **sums}
    )


def kept(width):
    return list(
        RouterSample.objects.filter(width=width)
        .order_by("router", "starts_at")
        .values_list("router", "starts_at", "checks", "answers", "cpu_load_sum", "cpu_load_max")
    )


# Adding -------------------------------------------------------------------------------------


def test_checks_of_five_minutes_are_one_row(router):
    for minute in range(7):
        samples.add([found(router, NOON + minute * MINUTE, cpu_load=minute)])

    assert kept(FINE) == [
        (router.pk, NOON, 5, 5, 0 + 1 + 2 + 3 + 4, 4),
        (router.pk, NOON + 5 * MINUTE, 2, 2, 5 + 6, 6),
    ]


def test_a_miss_is_a_check_without_an_answer(router):
    samples.add([found(router, NOON)])
    samples.add([found(router, NOON + MINUTE, reason="timeout")])

    row = RouterSample.objects.get()
    assert (row.checks, row.answers, row.total_memory) == (2, 1, 200)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_sweeps_add_up(router):
    at_once(lambda n: samples.add([found(router, NOON, cpu_load=n)]), 8)

    assert kept(FINE) == [(router.pk, NOON, 8, 8, sum(range(8)), 7)]


# Ageing -------------------------------------------------------------------------------------


def test_an_hour_that_is_over_is_added_up(router):
    for minute in range(0, 90, 5):
        sample(router, NOON + minute * MINUTE, answers=4, cpu_load_max=minute)

    samples.roll_up(NOON + 91 * MINUTE)

    assert kept(HOUR) == [(router.pk, NOON, 60, 48, 600, 55)]


def test_to_add_up_twice_changes_nothing(router, stranger):
    other = RouterFactory(owner=stranger)
    for hour in range(60):
        sample(router, NOON + timedelta(hours=hour))
        sample(other, NOON + timedelta(hours=hour), checks=1)
    now = NOON + timedelta(hours=60)
    samples.roll_up(now)
    before = kept(HOUR), kept(DAY)

    samples.roll_up(now)

    assert (kept(HOUR), kept(DAY)) == before
    assert [len(rows) for rows in before] == [120, 6]
    assert sum(row[2] for row in before[1]) == 6 * 60


def test_what_came_late_is_added_too(router):
    sample(router, NOON)
    samples.roll_up(NOON + timedelta(hours=1))
    sample(router, NOON + 55 * MINUTE)

    samples.roll_up(NOON + timedelta(hours=1, minutes=10))

    assert kept(HOUR) == [(router.pk, NOON, 10, 10, 100, 20)]


def test_a_long_time_without_a_worker_loses_nothing(router):
    sample(router, NOON)
    samples.roll_up(NOON + timedelta(days=1))
    sample(router, NOON + timedelta(days=1))
    late = NOON + timedelta(days=30)

    samples.roll_up(late)
    samples.prune(late)

    assert [row[1] for row in kept(HOUR)] == [NOON, NOON + timedelta(days=1)]
    assert not kept(FINE)


def test_an_hour_whose_samples_are_half_gone_is_not_added_up_anew(router):
    for minute in range(0, 60, 5):
        sample(router, NOON + minute * MINUTE)
    samples.roll_up(NOON + timedelta(hours=1))
    RouterSample.objects.filter(width=FINE, starts_at__lt=NOON + 30 * MINUTE).delete()

    samples.roll_up(NOON + timedelta(hours=2))

    assert kept(HOUR) == [(router.pk, NOON, 60, 60, 600, 20)]


def test_samples_are_kept_as_long_as_their_width_is_promised(router):
    now = NOON
    for days in (1, 3, 80, 100, 1000, 1200):
        for width in (FINE, HOUR, DAY):
            sample(router, samples.start_of(width, now - timedelta(days=days)), width)

    samples.prune(now)

    assert [len(kept(width)) for width in (FINE, HOUR, DAY)] == [1, 3, 5]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_parallel_additions_and_deletions_end_in_one_truth(operator):
    routers = [RouterFactory(owner=operator) for _ in range(3)]
    for router in routers:
        for minute in range(0, 180, 5):
            sample(router, NOON + minute * MINUTE)

    def act(n):
        if n == 0:
            return services.delete_router(routers[0])
        return samples.roll_up(NOON + timedelta(hours=3))

    assert at_once(act, 5) == [None] * 5
    assert [row[2] for row in kept(HOUR)] == [60] * 6


# Charts -------------------------------------------------------------------------------------


def added_up(rows, width):
    """Return what the samples of `width` come to, as the roll-up should make them."""
    sums = {}
    for starts_at, checks, answers, load in rows:
        start = samples.start_of(width, starts_at)
        had = sums.get(start, (0, 0, 0, 0))
        sums[start] = (
            had[0] + checks, had[1] + answers, had[2] + load, max(had[3], load),
        )  # fmt: skip
    return sums


SPANS = st.dictionaries(
    st.integers(0, 120 * 288).map(lambda n: n * timedelta(minutes=5)),
    st.integers(1, 5).flatmap(
        lambda checks: st.tuples(st.just(checks), st.integers(0, checks), st.integers(0, 100))
    ),
    max_size=40,
)


@hypothesis(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ages=SPANS, age=st.integers(1, 130 * 86_400), length=st.integers(1, 130 * 86_400),
    points=st.integers(1, 1000),
)  # fmt: skip
def test_a_chart_is_what_all_samples_of_its_spans_come_to(router, ages, age, length, points):
    RouterSample.objects.all().delete()
    now = NOON + timedelta(minutes=3)
    rows = [
        (samples.start_of(FINE, now - back), checks, answers, load * answers)
        for back, (checks, answers, load) in ages.items()
    ]
    _store_at_every_width(router, rows, now)
    start = now - timedelta(seconds=age)
    end = start + timedelta(seconds=length)

    shown = history.series(router, start, end, points, now)

    assert len(shown) <= points
    assert [point["at"] for point in shown] == sorted({point["at"] for point in shown})
    there = [row for row in rows if is_shown(row[0], shown_from(start, now), min(end, now), now)]
    expected = {}
    for row in there:
        number = int((row[0] - shown_from(start, now)).total_seconds() // width_of(shown))
        expected.setdefault(number, []).append(row)
    assert [(p["online"], p["cpu_load"]) for p in shown] == [
        means(expected[number]) for number in sorted(expected)
    ]


def shown_from(start, now):
    """Return where a chart begins: with the sample that its first moment is in."""
    return samples.start_of(width_kept(start, now), start)


def width_kept(moment, now):
    if moment >= samples.finest_since(now):
        return FINE
    return HOUR if moment >= samples.hours_since(now) else DAY


def is_shown(moment, start, end, now):
    return start <= moment and samples.start_of(width_kept(moment, now), moment) < end


def width_of(shown):
    return shown[0]["seconds"] if shown else 1


def means(rows):
    checks, answers, load = (sum(row[n] for row in rows) for n in (1, 2, 3))
    return round(answers / checks, 4), round(load / answers, 1) if answers else None


def _store_at_every_width(router, rows, now):
    for width in (FINE, HOUR, DAY):
        for starts_at, (checks, answers, load, _) in added_up(rows, width).items():
            sample(
                router, starts_at, width, checks=checks, answers=answers, cpu_load_sum=load,
                cpu_load_max=100,
            )  # fmt: skip


@pytest.fixture
def time_at_noon():
    """Stop the time at noon; ask for it before `client`, whose token is of that time."""
    with time_machine.travel(NOON, tick=False):
        yield


def points_of(client, router, **query):
    return client.get(at(router, "history"), query)


def test_the_last_day_is_what_is_shown_unasked(time_at_noon, client, router):
    for hours in (1, 23, 25):
        sample(router, NOON - timedelta(hours=hours))

    shown = points_of(client, router).json()

    assert [point["at"] for point in shown] == ["2026-11-20T13:00:00Z", "2026-11-21T11:00:00Z"]
    assert shown[0] == {
        "at": "2026-11-20T13:00:00Z", "seconds": 300, "online": 1.0, "cpu_load": 10.0,
        "cpu_load_max": 20, "free_memory": 100, "total_memory": 200,
    }  # fmt: skip


def test_a_time_without_an_answer_has_no_numbers(time_at_noon, client, router):
    sample(router, NOON - timedelta(hours=1), answers=0, total_memory=0)

    (point,) = points_of(client, router).json()

    assert (point["online"], point["cpu_load"], point["free_memory"]) == (0.0, None, None)


def test_few_points_are_wide(time_at_noon, client, router):
    for hour in range(1, 25):
        sample(router, NOON - timedelta(hours=hour))

    shown = points_of(client, router, points=4).json()

    assert [point["seconds"] for point in shown] == [6 * 3600] * 4


def test_each_age_is_shown_by_the_samples_that_are_kept_of_it(time_at_noon, client, router):
    sample(router, NOON - timedelta(hours=1))
    sample(router, NOON - timedelta(hours=1), HOUR)
    sample(router, samples.start_of(HOUR, NOON - timedelta(days=10)), HOUR)
    sample(router, samples.start_of(DAY, NOON - timedelta(days=10)), DAY)
    sample(router, samples.start_of(DAY, NOON - timedelta(days=300)), DAY)

    shown = points_of(client, router, **{"from": "2025-01-01T00:00:00Z", "points": 1000}).json()

    assert len(shown) == 3
    assert {point["seconds"] for point in shown} == {DAY}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"from": "\0"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"from": "2026-11-21T12:00:00Z", "to": "2026-11-21T11:00:00Z"}, "from"),
        ({"to": "0001-01-01T00:00:00Z"}, "from"),
        ({"points": 0}, "points"),
        ({"points": 1001}, "points"),
        ({"points": "many"}, "points"),
    ],
)
def test_a_query_that_makes_no_sense_names_what_is_wrong(client, router, query, field):
    answer = points_of(client, router, **query)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "0001-01-01T00:00:00Z"},
        {"from": "1969-12-31T00:00:00Z", "points": 1},
        {"to": "9999-12-31T23:59:59Z", "from": "9999-12-30T00:00:00Z"},
        {"from": "2026-11-21T12:00:00", "to": "2026-11-21T12:00:01"},
    ],
)
def test_a_time_without_samples_is_an_empty_list(client, router, query):
    assert points_of(client, router, **query).json() == []
