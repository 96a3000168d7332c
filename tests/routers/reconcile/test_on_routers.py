"""A plan that has been carried out leaves nothing to plan, whatever was there before."""

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from routers.reconcile import revert
from routers.reconcile.changes import Action
from routers.reconcile.menus import MENUS
from routers.routeros import Command
from tests.routers.reconcile.strategies import CUTTING, FIELDS, desired_states, possible_on

often = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@often
@given(states=st.lists(desired_states(), min_size=1, max_size=3))
def test_whatever_is_wanted_is_there_after_one_plan_and_stays(bench, states):
    bench.restore()
    others = bench.others()

    for desired in (possible_on(bench, state) for state in states):
        bench.apply(desired)

        assert bench.plan(desired).is_clean
    assert bench.others() == others


@often
@given(desired=desired_states(), data=st.data())
def test_what_hands_have_spoiled_is_repaired_and_what_hands_have_made_is_left(bench, desired, data):
    bench.restore()
    desired = possible_on(bench, desired)
    bench.apply(desired)
    for vandal in data.draw(st.lists(st.sampled_from(VANDALS), min_size=1, max_size=4)):
        if menus := sorted({row.menu for row in desired if bench.ours(row.menu)}):
            vandal(bench, data.draw(st.sampled_from(menus)), data.draw)
    others = bench.others(desired)

    bench.apply(desired)

    assert bench.plan(desired).is_clean
    assert bench.others(desired) == others


@often
@given(earlier=desired_states(CUTTING), later=desired_states(CUTTING))
def test_what_nobody_confirms_is_taken_back(bench, earlier, later):
    bench.restore()
    bench.apply(possible_on(bench, earlier))
    before = bench.written()
    plan = bench.plan(possible_on(bench, later))
    assume(not names_change_hands(plan))

    bench.run([revert.arm(plan.changes, token="t0", after=timedelta(seconds=60))])
    bench.carry_out(plan)
    bench.device.advance(61)

    assert bench.written() == before


def names_change_hands(plan):
    """Whether one row is called as another was: such a plan is not always taken back in full."""
    renamed = {c.menu for c in plan.changes if c.action == Action.SET and "name" in c.attributes}
    return any(c.menu in renamed for c in plan.changes if c.action in (Action.ADD, Action.REMOVE))


# What hands do; what the router refuses them is not done ------------------------------------------


def _remove(bench, menu, draw):
    row = draw(st.sampled_from(bench.ours(menu)))
    bench.run([Command(menu, "remove", {".id": row[".id"]})])


def _edit(bench, menu, draw):
    row = draw(st.sampled_from(bench.ours(menu)))
    name = draw(st.sampled_from(sorted(FIELDS[menu].keys() - {*MENUS[menu].unique})))
    value = draw(
        st.sampled_from(["", "no", "7", "3h", "10.9.9.9", "none", "cookie", "new", "test"])
    )
    bench.run([Command(menu, "set", {".id": row[".id"], name: value})])


def _rename(bench, menu, draw):
    row = draw(st.sampled_from(bench.ours(menu)))
    if MENUS[menu].marked_by == "comment" and "name" in row:
        bench.run([Command(menu, "set", {".id": row[".id"], "name": "b"})])


def _add_one_of_their_own(bench, menu, draw):
    row = draw(st.sampled_from(bench.ours(menu)))
    bench.run([Command(menu, "add", _named(menu, row, "theirs"))])


def _copy(bench, menu, draw):
    row = draw(st.sampled_from(bench.ours(menu)))
    if MENUS[menu].marked_by == "comment":
        copy = {**_named(menu, row, "copy"), "comment": row["comment"]}
        bench.run([Command(menu, "add", copy)])


def _named(menu, row, name):
    """Return what to write for a row like this one, of another name if it has one."""
    written = {field: row[field] for field in FIELDS[menu] if field in row}
    return {**written, "name": name} if "name" in row else written


def _move(bench, menu, draw):
    rows = [row[".id"] for row in bench.rows(menu)]
    moved, before = draw(st.sampled_from(rows)), draw(st.sampled_from(rows))
    if MENUS[menu].ordered and moved != before:
        bench.run([Command(menu, "move", {"numbers": moved, "destination": before})])


VANDALS = [_remove, _edit, _rename, _add_one_of_their_own, _copy, _move]
