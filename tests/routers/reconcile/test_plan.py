from datetime import timedelta

import pytest

from routers.masking import MASK
from routers.reconcile.changes import command_of
from routers.reconcile.plan import make_plan, proplist, queries
from routers.reconcile.rows import Desired, is_mark, mark

USERS = "/ip/hotspot/user"
PROFILES = "/ip/hotspot/user/profile"
FILTER = "/ip/firewall/filter"
QUEUES = "/queue/simple"


def user(number, **attributes):
    return Desired(USERS, mark("voucher", number), {"name": f"user{number}", **attributes})


def on_router(number, id_=None, **fields):
    """Return the row of a user of ours as the router shows it."""
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    row = {".id": id_ or f"*{number}", "comment": mark("voucher", number), "name": f"user{number}"}
    return row | names


def rule(number, id_=None, comment=None, **fields):
    comment = comment or mark("rule", number)
    return {".id": id_ or f"*{number}", "comment": comment, "chain": "input"} | fields


def steps(plan):
    """Return what the plan does, phase by phase."""
    return [[(str(change.action), change.key) for change in phase] for phase in plan.phases]


# What is ours ------------------------------------------------------------------------------------


def test_a_row_that_is_missing_is_added_with_its_mark():
    plan = make_plan([user(1, **{"limit-uptime": timedelta(hours=26)})], {USERS: []})

    (change,) = plan.changes
    assert change.reason == "missing"
    assert command_of(change).path == "/ip/hotspot/user/add"
    assert command_of(change).attributes == {
        "comment": "cp:voucher:1",
        "name": "user1",
        "limit-uptime": "1d2h",
    }


def test_a_row_that_nobody_wants_any_more_is_removed():
    (change,) = make_plan([], {USERS: [on_router(1)]}).changes

    assert change.reason == "no longer wanted"
    assert command_of(change).path == "/ip/hotspot/user/remove"
    assert command_of(change).attributes == {".id": "*1"}


def test_only_what_differs_is_set_and_the_reason_says_how():
    row = on_router(1, limit_uptime="1h", profile="default", address="10.0.0.9")
    wanted = user(1, **{"limit-uptime": timedelta(hours=2), "profile": "default", "address": None})

    (change,) = make_plan([wanted], {USERS: [row]}).changes

    assert change.reason == "limit-uptime is 1h, should be 2h; address is 10.0.0.9, should be unset"
    assert command_of(change).attributes == {".id": "*1", "limit-uptime": "2h", "!address": ""}


def test_a_field_that_is_not_named_is_left_as_it_is():
    row = on_router(1, email="a@example.com", disabled="true")

    assert make_plan([user(1)], {USERS: [row]}).is_clean


@pytest.mark.parametrize(
    "row",
    [
        {"name": "user1"},
        {"name": "user1", "comment": "somebody"},
        {"name": "user1", "comment": "cp: not a mark"},
        {"name": "user1", "comment": "see cp:voucher:1"},
        {"name": "user1", "comment": "cp:voucher:9", "dynamic": "true"},
        {"name": "user1", "comment": "cp:voucher:9", "default": "true"},
        {"name": "user1", "comment": "cp:revert:9"},
    ],
)
def test_a_row_that_is_not_ours_is_not_touched(row):
    assert make_plan([], {USERS: [{".id": "*1"} | row]}).is_clean


def test_of_several_rows_with_one_mark_the_best_stays():
    rows = [on_router(1, "*A", name="copy"), on_router(1, "*B"), on_router(1, "*C", name="other")]

    plan = make_plan([user(1)], {USERS: rows})

    assert [(change.id, change.reason) for change in plan.changes] == [
        ("*A", "a copy of another row of ours"),
        ("*C", "a copy of another row of ours"),
    ]


def test_a_menu_without_comments_knows_our_rows_by_name():
    rows = [
        {".id": "*1", "name": "cp:package:1", "shared-users": "1"},
        {".id": "*2", "name": "vip"},
    ]

    plan = make_plan([Desired(PROFILES, "cp:package:2", {"shared-users": 3})], {PROFILES: rows})

    assert steps(plan) == [[("add", "cp:package:2")], [("remove", "cp:package:1")]]
    assert command_of(plan.changes[0]).attributes == {"name": "cp:package:2", "shared-users": "3"}


# Mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Desired("/ip/nonsense", "cp:a:1", {}), "no menu '/ip/nonsense'"),
        (Desired(USERS, "cp:a:1", {"nme": "x"}), "no field 'nme'"),
        (Desired(USERS, "cp:a:1", {"comment": "x"}), "it is the key"),
        (Desired(USERS, "voucher-1", {}), "no mark"),
        (Desired(USERS, "cp:a:1", {}, first=True), "stands first"),
        (Desired(USERS, "cp:a:1", {"limit-uptime": "soon"}), "no duration"),
    ],
)
def test_a_row_that_makes_no_sense_is_a_mistake_of_ours(row, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_plan([row], {row.menu: []})


def test_one_row_cannot_be_wanted_twice():
    with pytest.raises(ValueError, match="wanted twice"):
        make_plan([user(1), user(1)], {USERS: []})


@pytest.mark.parametrize("id_", ["", "a b", 'a"b', "$a", "a" * 100, "a\n"])
def test_a_mark_that_a_script_could_misread_is_refused(id_):
    with pytest.raises(ValueError, match="no mark"):
        mark("voucher", id_)

    assert not is_mark(f"cp:voucher:{id_}")


# Names -------------------------------------------------------------------------------------------


def test_a_row_of_somebody_else_with_our_name_is_a_problem_and_not_adopted():
    plan = make_plan([user(1)], {USERS: [{".id": "*9", "name": "user1"}]})

    (problem,) = plan.problems
    assert not plan.changes
    assert (problem.menu, problem.key, problem.code) == (USERS, "cp:voucher:1", "name_taken")
    assert problem.sentence == "this name and server all is taken by a row that is not ours."


def test_a_name_is_taken_on_one_server_only():
    theirs = {".id": "*9", "name": "user1", "server": "hotspot1"}

    assert steps(make_plan([user(1)], {USERS: [theirs]})) == [[("add", "cp:voucher:1")]]


def test_a_row_that_has_the_name_of_one_to_come_is_removed_first():
    plan = make_plan([user(1)], {USERS: [on_router(2, name="user1")]})

    assert steps(plan) == [[("remove", "cp:voucher:2")], [("add", "cp:voucher:1")]]


def test_a_name_is_given_up_before_it_is_taken():
    rows = [on_router(1, name="user2"), on_router(2, name="user3"), on_router(3, name="user4")]

    plan = make_plan([user(1), user(2), user(3)], {USERS: rows})

    assert steps(plan) == [[("set", f"cp:voucher:{n}")] for n in (1, 2, 3)]


def test_rows_that_want_each_others_name_get_it():
    rows = [on_router(1, name="user2"), on_router(2, name="user1")]

    plan = make_plan([user(1), user(2)], {USERS: rows})

    assert steps(plan) == [
        [("remove", "cp:voucher:1")],
        [("set", "cp:voucher:2")],
        [("add", "cp:voucher:1")],
    ]


def test_a_vouchers_code_is_not_told_in_reasons():
    (change,) = make_plan([user(1)], {USERS: [on_router(1, name="other")]}).changes

    assert change.attributes["name"] == "user1"
    assert change.reason == "name is not what it should be"


def test_a_row_that_cannot_have_its_name_keeps_the_one_that_another_wants():
    rows = [on_router(1, name="user2"), {".id": "*9", "name": "user1"}]

    plan = make_plan([user(1), user(2)], {USERS: rows})

    assert not plan.changes
    assert [(problem.key, problem.sentence) for problem in plan.problems] == [
        ("cp:voucher:1", "this name and server all is taken by a row that is not ours."),
        ("cp:voucher:2", "this name and server all is taken by cp:voucher:1, a row of ours."),
    ]


def test_of_two_rows_that_are_wanted_with_one_name_the_first_gets_it():
    plan = make_plan([user(1, name="a"), user(2, name="a")], {USERS: []})

    assert steps(plan) == [[("add", "cp:voucher:1")]]
    assert [problem.key for problem in plan.problems] == ["cp:voucher:2"]


def test_a_menu_that_the_router_lacks_is_a_problem_for_whoever_wants_a_row_there():
    plan = make_plan([user(1)], {})

    assert [(problem.key, problem.code) for problem in plan.problems] == [
        ("cp:voucher:1", "menu_missing")
    ]


# Secrets -----------------------------------------------------------------------------------------


def test_a_secret_that_is_shown_is_compared_and_never_told():
    (change,) = make_plan(
        [user(1, password="new")], {USERS: [on_router(1, password="old")]}
    ).changes

    assert change.reason == "password is not what it should be"
    assert change.shown()["attributes"] == {"password": {"from": MASK, "to": MASK}}
    assert change.secrets() == {"password": "new"}
    assert "new" not in repr(change)


@pytest.mark.parametrize("shown", [{}, {"password": "*****"}])
def test_a_secret_that_is_not_shown_is_what_we_wrote_last(shown):
    written = {(USERS, "cp:voucher:1", "password"): "digest of 00123"}

    def plan(password):
        return make_plan(
            [user(1, password=password)],
            {USERS: [on_router(1, **shown)]},
            written=written,
            digest=lambda value: f"digest of {value}",
        )

    assert plan("00123").is_clean
    assert plan("0123").summary()["set"] == 1
    assert plan(None).summary()["set"] == 1


def test_a_secret_that_is_missing_where_others_are_shown_is_unset():
    written = {(USERS, f"cp:voucher:{n}", "password"): "x" for n in (1, 2)}
    rows = [on_router(1, password="x"), on_router(2)]

    plan = make_plan([user(1, password="x"), user(2, password="x")], {USERS: rows}, written=written)

    assert steps(plan) == [[("set", "cp:voucher:2")]]


# Order -------------------------------------------------------------------------------------------


def test_a_row_comes_after_those_it_refers_to_and_goes_before_them():
    old = {PROFILES: [{".id": "*1", "name": "cp:package:1"}], USERS: [on_router(1)]}
    new = [user(2, profile="cp:package:2"), Desired(PROFILES, "cp:package:2", {})]

    assert steps(make_plan(new, old)) == [
        [("add", "cp:package:2")],
        [("add", "cp:voucher:2")],
        [("remove", "cp:voucher:1")],
        [("remove", "cp:package:1")],
    ]


def test_a_queue_comes_after_its_parent_and_goes_before_it():
    wanted = [
        Desired(QUEUES, "cp:q:child", {"name": "child", "parent": "top"}),
        Desired(QUEUES, "cp:q:top", {"name": "top"}),
    ]
    there = [
        {".id": "*1", "comment": "cp:q:top", "name": "top", "parent": "none"},
        {".id": "*2", "comment": "cp:q:child", "name": "child", "parent": "top"},
    ]

    building, clearing = make_plan(wanted, {QUEUES: []}), make_plan([], {QUEUES: there})

    assert steps(building) == [[("add", "cp:q:top")], [("add", "cp:q:child")]]
    assert steps(clearing) == [[("remove", "cp:q:child")], [("remove", "cp:q:top")]]


def test_rows_that_a_router_says_refer_to_each_other_are_removed_at_once():
    there = [
        {".id": "*1", "comment": "cp:q:1", "name": "a", "parent": "b"},
        {".id": "*2", "comment": "cp:q:2", "name": "b", "parent": "a"},
    ]

    assert steps(make_plan([], {QUEUES: there})) == [[("remove", "cp:q:1"), ("remove", "cp:q:2")]]


def first(*numbers):
    return [Desired(FILTER, mark("rule", n), {"chain": "input"}, first=True) for n in numbers]


def test_first_rows_are_added_before_those_of_others_one_after_the_other():
    theirs = [rule(8, comment="a", dynamic="true"), rule(9, comment="b")]

    plan = make_plan(first(1, 2), {FILTER: theirs})

    assert steps(plan) == [[("add", "cp:rule:1")], [("add", "cp:rule:2")]]
    assert [change.place_before for change in plan.changes] == ["*9", "*9"]


def test_first_rows_that_stand_behind_are_moved_and_no_more_of_them_than_must_be():
    rows = [rule(2), rule(3), rule(1), rule(9, comment="theirs"), rule(4)]

    plan = make_plan(first(1, 2, 3, 4), {FILTER: rows})

    assert [command_of(change).attributes for change in plan.changes] == [
        {"numbers": "*1", "destination": "*2"},
        {"numbers": "*4", "destination": "*9"},
    ]


def test_rules_of_another_chain_do_not_matter():
    rows = [rule(9, comment="theirs", chain="forward"), rule(1), rule(8, comment="theirs")]

    assert make_plan(first(1), {FILTER: rows}).is_clean


def test_a_row_that_is_not_first_may_stand_anywhere():
    rows = [rule(9, comment="theirs"), rule(2), rule(1)]
    wanted = [Desired(FILTER, mark("rule", n), {"chain": "input"}) for n in (1, 2)]

    assert make_plan(wanted, {FILTER: rows}).is_clean


# Reading -----------------------------------------------------------------------------------------


def test_no_more_is_read_than_is_compared():
    assert proplist(USERS, [user(1, email="x")]) == (
        ".id", "comment", "name", "server", "dynamic", "default", "email",
    )  # fmt: skip


def test_all_is_read_of_what_may_have_to_be_put_back():
    assert {"src-address", "action", "log"} <= {*proplist(FILTER)}


def test_rows_without_a_comment_are_read_only_where_they_can_be_in_the_way():
    assert queries("/ip/dns/static") == (">comment=", "dynamic=true", "#!")
    assert queries(USERS, [user(1)]) == ("dynamic=true", "#!")
    assert queries(FILTER, first(1)) == ("dynamic=true", "#!")
