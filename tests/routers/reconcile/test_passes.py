import pytest

from routers.errors import RouterBeingWritten, RouterUnreachable
from routers.models import RouterEvent, WrittenSecret
from routers.reconcile import lease, services
from tests.routers.reconcile.guests import USERS, guest, names
from tests.routers.support import TRANSPORTS, heard, router_at


def writes(device):
    """Return the commands that were to change something."""
    verbs = ("add", "set", "remove", "move", "unset")
    return [words for words in heard(device) if words[0].rpartition("/")[2] in verbs]


def kinds(router):
    return [event.kind for event in router.events.order_by("pk")]


def test_a_pass_adds_changes_and_removes_until_the_router_is_as_wanted(device, wanted, make_pass):
    wanted[:] = [guest(1), guest(2)]
    make_pass()
    wanted[:] = [guest(2, disabled=True), guest(3)]

    outcome = make_pass()

    assert outcome.changed == {"add": 1, "set": 1, "move": 0, "remove": 1}
    assert names(device) == ["guest2", "guest3"]


def test_a_second_pass_writes_nothing(device, wanted, router, make_pass):
    wanted[:] = [guest(1, **{"limit-uptime": "1:30:00"}), guest(2)]
    make_pass()
    device.sentences.clear()

    services.reconcile(router)

    assert writes(device) == []


def test_a_router_of_which_nothing_is_wanted_is_not_even_called(device, router):
    logins = device.logins

    services.reconcile(router)

    assert device.logins == logins


def test_a_pass_says_which_version_is_on_the_router(wanted, router, make_pass):
    wanted[:] = [guest(1)]
    make_pass()

    row = router.reconciliation
    assert (row.applied_version, row.problems, row.error) == (row.desired_version, [], "")
    assert row.holder == ""


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_pass_works_over_every_transport(device, operator, wanted, transport):
    router = router_at(device, transport, owner=operator)
    wanted[:] = [guest(1), guest(2)]
    services.reconcile(router)
    wanted[:] = [guest(2, disabled=True)]

    services.reconcile(router)

    assert names(device) == ["guest2"]
    assert services.plan_router(router)[1].is_clean


def test_rows_that_are_not_ours_are_left_alone_even_if_they_look_the_same(
    device, wanted, make_pass
):
    device.add(USERS, {"name": "theirs", "password": "x", "comment": "the boss"})
    wanted[:] = [guest(1)]
    make_pass()
    wanted[:] = []

    make_pass()

    assert names(device) == ["theirs"]


def test_a_name_that_somebody_else_uses_is_a_problem_and_not_taken_over(
    device, wanted, router, make_pass
):
    device.add(USERS, {"name": "guest1", "password": "x"})
    wanted[:] = [guest(1), guest(2)]

    outcome = make_pass()

    assert names(device) == ["guest1", "guest2"]
    assert [(p.key, p.code) for p in outcome.problems] == [("cp:test:1", "name_taken")]
    row = router.reconciliation
    assert row.applied_version < row.desired_version
    assert kinds(router) == [RouterEvent.Kind.RECONCILE_REFUSED]


def test_the_same_problems_are_told_once(device, wanted, router, make_pass):
    device.add(USERS, {"name": "guest1", "password": "x"})
    wanted[:] = [guest(1)]

    make_pass()
    make_pass()

    assert kinds(router) == [RouterEvent.Kind.RECONCILE_REFUSED]


# --- Drift ----------------------------------------------------------------------------------


def test_what_was_changed_by_hand_is_put_right_and_counted(device, wanted, router, make_pass):
    wanted[:] = [guest(1), guest(2)]
    make_pass()
    device.set(USERS, "guest1", {"password": "forged"})
    device.remove(USERS, "guest2")

    services.reconcile(router)

    router.reconciliation.refresh_from_db()
    event = router.events.get()
    assert names(device) == ["guest1", "guest2"]
    assert router.reconciliation.drift_repaired == 2
    assert event.kind == RouterEvent.Kind.DRIFT_REPAIRED
    assert event.details["count"] == 2
    assert "forged" not in str(event.details)
    assert "001" not in str(event.details)


def test_a_router_that_was_reset_gets_everything_back(device, wanted, router, make_pass):
    wanted[:] = [guest(number) for number in range(20)]
    make_pass()
    device.factory_reset()

    services.reconcile(router)

    assert len(names(device)) == 20
    assert router.events.get().details["changed"]["add"] == 20


def test_what_is_newly_wanted_is_no_drift(wanted, router, make_pass):
    wanted[:] = [guest(1)]
    make_pass()
    wanted[:] = [guest(2)]
    make_pass()

    assert kinds(router) == []


# --- What goes wrong ------------------------------------------------------------------------


def test_a_router_that_is_away_fails_the_pass_and_the_next_one_makes_up_for_it(
    device, wanted, router, make_pass
):
    wanted[:] = [guest(1)]
    device.switch_off()
    with pytest.raises(RouterUnreachable):
        make_pass()
    assert router.reconciliation.error
    device.switch_on()

    services.reconcile(router)

    router.reconciliation.refresh_from_db()
    assert (names(device), router.reconciliation.error) == (["guest1"], "")
    assert kinds(router) == [RouterEvent.Kind.RECONCILE_FAILED]


@pytest.mark.parametrize("cut_after", [40, 400, 1500, 3000])
def test_answers_that_get_lost_make_no_row_twice(device, wanted, router, make_pass, cut_after):
    wanted[:] = [guest(number) for number in range(60)]
    make_pass()  # so that the next one's answers are all about what it writes
    wanted[:] = [guest(number) for number in range(30, 120)]
    device.faults.set(cut_after=cut_after)
    with pytest.raises(RouterUnreachable):
        make_pass()
    device.faults.clear()

    services.reconcile(router)

    assert names(device) == sorted(f"guest{number}" for number in range(30, 120))


def test_an_account_that_may_only_read_is_a_problem_and_no_crash(device, wanted, router, make_pass):
    device.add("/user", {"name": "reader", "password": "r", "group": "read"})
    router.username, router.password = "reader", "r"
    router.save()
    wanted[:] = [guest(1)]

    outcome = make_pass()

    assert [problem.code for problem in outcome.problems] == ["refused"]
    assert "not enough permissions" in outcome.problems[0].sentence


def test_a_value_that_the_router_refuses_is_told_in_its_own_words(wanted, make_pass):
    wanted[:] = [guest(1, profile="no-such-profile"), guest(2)]

    outcome = make_pass()

    assert [(p.key, p.code) for p in outcome.problems] == [("cp:test:1", "refused")]
    assert outcome.changed["add"] == 1


def test_while_another_process_writes_to_the_router_nothing_is_sent(device, wanted, router):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])

    with lease.held(router.pk), pytest.raises(RouterBeingWritten):
        services.reconcile(router)

    assert heard(device) == []


# --- Secrets that a router does not show ----------------------------------------------------


@pytest.fixture
def blind(device, router):
    """The router, with an account that is shown no secret."""
    policies = "read,write,api,!sensitive"
    device.add("/user/group", {"name": "blind", "policy": policies})
    device.add("/user", {"name": "blind", "password": "b", "group": "blind"})
    router.username, router.password = "blind", "b"
    router.save()
    return router


def test_a_secret_that_is_not_shown_is_written_once(device, blind, wanted, make_pass):
    wanted[:] = [guest(1), guest(2)]
    assert make_pass().problems == ()
    device.sentences.clear()

    outcome = services.reconcile(blind)

    assert (outcome.problems, writes(device)) == ((), [])
    kept = WrittenSecret.objects.values_list("digest", flat=True)
    assert len(set(kept)) == 2
    assert not {"001", "002"} & set(kept)


def test_a_secret_that_is_not_shown_is_written_when_it_changes(device, blind, wanted, make_pass):
    wanted[:] = [guest(1)]
    make_pass()
    wanted[:] = [guest(1, password="another")]

    make_pass()

    (row,) = [row for row in device.rows(USERS) if row["name"] == "guest1"]
    assert row["password"] == "another"


def test_of_a_row_that_is_removed_no_digest_is_kept(blind, wanted, make_pass):
    wanted[:] = [guest(1)]
    make_pass()
    wanted[:] = []

    make_pass()

    assert not WrittenSecret.objects.exists()


# --- What answers may be no router ----------------------------------------------------------


@pytest.mark.parametrize("fault", ["garbage", "endless", "reset"])
def test_whatever_is_answered_the_pass_fails_and_says_so(device, wanted, router, make_pass, fault):
    wanted[:] = [guest(1)]
    device.faults.set(**{fault: True})

    with pytest.raises(RouterUnreachable):
        make_pass()

    assert router.reconciliation.error
    assert router.reconciliation.holder == ""


def test_rows_with_one_id_do_no_harm(device, wanted, router, make_pass):
    wanted[:] = [guest(number) for number in range(4)]
    make_pass()
    device.faults.set(duplicate_ids=True)
    wanted[:] = [guest(number, disabled=True) for number in range(4)]
    make_pass()
    device.faults.clear()

    services.reconcile(router)

    assert services.plan_router(router)[1].is_clean
