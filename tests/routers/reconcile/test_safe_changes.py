"""Changes that can cut the connection: the router takes them back unless we come back."""

import pytest

from routers.errors import RouterUnreachable
from routers.models import Reconciliation, RouterEvent
from routers.reconcile import safety, services
from routers.reconcile.rows import Desired
from tests.routers.reconcile.guests import guest, names
from tests.routers.support import TRANSPORTS, heard, router_at

FILTER = "/ip/firewall/filter"
SCHEDULER = "/system/scheduler"
LOCK_OUT = Desired(
    FILTER,
    "cp:test:lock-out",
    {"chain": "input", "action": "drop", "protocol": "tcp", "dst-port": "8728"},
    first=True,
)
HARMLESS = Desired(
    FILTER,
    "cp:test:smtp",
    {"chain": "forward", "action": "drop", "protocol": "tcp", "dst-port": "25"},
    first=True,
)


@pytest.fixture
def cut_off(device, wanted, make_pass, settings):
    """Make a pass that locks us out, and let the router take it back."""

    def act():
        patience = settings.RECONCILE_CONFIRM_SECONDS
        settings.RECONCILE_CONFIRM_SECONDS = 0.4
        with pytest.raises(RouterUnreachable):
            make_pass()
        settings.RECONCILE_CONFIRM_SECONDS = patience
        device.advance(settings.RECONCILE_REVERT_SECONDS + 1)

    return act


@pytest.fixture
def die_before_confirming(make_pass, monkeypatch):
    """Make a pass that has done what it wanted, and ends before it could say so."""

    def die(*args):
        raise KeyboardInterrupt

    def act():
        with monkeypatch.context() as patched:
            patched.setattr(safety, "_confirm", die)
            with pytest.raises(KeyboardInterrupt):
                make_pass()

    return act


def rules(device):
    """Return the marks of our rules on the router."""
    comments = [row.get("comment", "") for row in device.rows(FILTER)]
    return [comment for comment in comments if comment.startswith("cp:")]


def kinds(router):
    return [event.kind for event in router.events.order_by("pk")]


def test_a_change_that_lets_us_back_in_is_confirmed_and_stays(device, wanted, make_pass, settings):
    wanted[:] = [HARMLESS]

    outcome = make_pass()

    assert outcome.problems == ()
    assert device.rows(SCHEDULER) == []
    device.advance(settings.RECONCILE_REVERT_SECONDS + 1)
    assert rules(device) == ["cp:test:smtp"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_it_is_safe_over_every_transport(device, operator, wanted, transport):
    router = router_at(device, transport, owner=operator)
    wanted[:] = [HARMLESS]

    outcome = services.reconcile(router)

    assert outcome.problems == ()
    assert (rules(device), device.rows(SCHEDULER)) == (["cp:test:smtp"], [])


def test_more_than_one_script_can_take_back_is_made_in_lots(device, wanted, make_pass, settings):
    settings.RECONCILE_CONFIRM_SECONDS, settings.RECONCILE_REVERT_SECONDS = 100, 300

    def rule(number):
        return Desired(
            FILTER,
            f"cp:test:{number}",
            {"chain": "forward", "protocol": "tcp", "dst-port": f"{number}"},
        )

    wanted[:] = map(rule, range(1, 231))

    outcome = make_pass()

    assert (outcome.changed["add"], outcome.problems) == (230, ())
    armed = [words for words in heard(device) if words[0] == f"{SCHEDULER}/add"]
    assert len(armed) == 3
    assert device.rows(SCHEDULER) == []


def test_it_is_confirmed_over_a_connection_made_after_it(device, wanted, make_pass):
    wanted[:] = [HARMLESS]
    logins = device.logins

    make_pass()

    assert device.logins == logins + 2


def test_what_cannot_cut_the_connection_is_not_armed(device, wanted, make_pass):
    wanted[:] = [guest(1)]

    make_pass()

    assert not any(words[0].startswith(SCHEDULER) for words in heard(device))


def test_a_change_that_locks_us_out_is_taken_back_and_told(
    device, wanted, router, make_pass, cut_off
):
    wanted[:] = [LOCK_OUT]
    cut_off()

    outcome = services.reconcile(router)

    assert rules(device) == []
    assert [problem.code for problem in outcome.problems] == ["reverted"]
    assert RouterEvent.Kind.REVERTED in kinds(router)


def test_what_was_taken_back_is_not_tried_again_while_everything_else_is(
    device, wanted, router, make_pass, cut_off
):
    wanted[:] = [LOCK_OUT]
    cut_off()
    wanted.append(guest(1))

    outcome = make_pass()

    assert names(device) == ["guest1"]
    assert [problem.code for problem in outcome.problems] == ["reverted"]
    assert rules(device) == []
    assert kinds(router).count(RouterEvent.Kind.REVERTED) == 1


def test_other_risky_rows_are_tried(device, wanted, make_pass, cut_off):
    wanted[:] = [LOCK_OUT]
    cut_off()
    wanted[:] = [HARMLESS]

    outcome = make_pass()

    assert outcome.problems == ()
    assert rules(device) == ["cp:test:smtp"]


def test_somebody_may_ask_for_what_was_taken_back(
    device, wanted, router, make_pass, cut_off, settings
):
    wanted[:] = [LOCK_OUT]
    cut_off()
    settings.RECONCILE_CONFIRM_SECONDS = 0.4
    services.reconcile(router)
    services.ask_for_pass(router, retry_reverted=True)

    with pytest.raises(RouterUnreachable):
        services.reconcile(router)


def test_a_pass_that_died_before_it_confirmed_is_confirmed_by_the_next(
    device, wanted, router, die_before_confirming, settings
):
    wanted[:] = [HARMLESS]
    die_before_confirming()
    assert len(device.rows(SCHEDULER)) == 1

    services.reconcile(router)

    assert device.rows(SCHEDULER) == []
    device.advance(settings.RECONCILE_REVERT_SECONDS + 1)
    assert rules(device) == ["cp:test:smtp"]
    assert Reconciliation.objects.get().armed_token == ""


def test_a_pass_that_died_too_early_leaves_a_change_that_the_router_takes_back(
    device, wanted, router, die_before_confirming, settings
):
    wanted[:] = [HARMLESS]
    die_before_confirming()
    device.advance(settings.RECONCILE_REVERT_SECONDS + 1)

    outcome = services.reconcile(router)

    assert rules(device) == []
    assert [problem.code for problem in outcome.problems] == ["reverted"]


def test_a_router_that_does_not_let_itself_be_armed_is_not_put_at_risk(
    device, wanted, router, make_pass
):
    device.add("/user/group", {"name": "narrow", "policy": "read,api,sensitive"})
    device.add("/user", {"name": "narrow", "password": "n", "group": "narrow"})
    router.username, router.password = "narrow", "n"
    router.save()
    wanted[:] = [HARMLESS]

    outcome = make_pass()

    assert [problem.code for problem in outcome.problems] == ["not_armed"]
    assert rules(device) == []


def test_a_rule_that_was_removed_by_hand_is_put_back_safely(device, wanted, router, make_pass):
    wanted[:] = [HARMLESS]
    make_pass()
    (rule,) = [row for row in device.rows(FILTER) if row.get("comment") == HARMLESS.key]
    device.remove(FILTER, rule[".id"])

    services.reconcile(router)

    assert rules(device) == ["cp:test:smtp"]
    assert Reconciliation.objects.get().drift_repaired == 1
