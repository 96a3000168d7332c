"""`manage.py reconcile`."""

import re

import pytest
from django.core.management import CommandError, call_command

from routers.reconcile import lease, services
from tests.factories import RouterFactory
from tests.routers.reconcile.guests import guest, names
from tests.routers.support import heard

# Routers are asked in threads, which see what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys, *arguments):
    """Run the command; return its exit code and what it printed."""
    try:
        call_command("reconcile", *arguments)
    except CommandError as error:
        return 1, capsys.readouterr().out + str(error)
    return 0, capsys.readouterr().out


def test_it_makes_a_pass_over_each_active_router(capsys, device, router, wanted):
    RouterFactory(is_active=False, port=device.port("api"))
    wanted[:] = [guest(1), guest(2)]

    code, printed = run(capsys)

    assert (code, names(device)) == (0, ["guest1", "guest2"])
    assert printed.splitlines() == [f"{router}: 2 add"]


def test_a_plan_is_shown_and_nothing_is_written(capsys, device, router, wanted):
    wanted[:] = [guest(1)]

    code, printed = run(capsys, "--plan", router.public_id)

    assert (code, names(device)) == (0, [])
    assert printed.splitlines() == [
        f"{router}: 1 add",
        "  add /ip/hotspot/user cp:test:1: missing",
    ]
    assert not any("add" in words[0] for words in heard(device))


def test_of_a_router_that_is_away_it_says_so_and_goes_on(
    capsys, device, router, wanted, unused_port
):
    away = RouterFactory(port=unused_port)
    wanted[:] = [guest(1)]

    code, printed = run(capsys)

    assert (code, names(device)) == (1, ["guest1"])
    assert re.search(rf"^{re.escape(str(away))}: The router", printed, re.MULTILINE)
    assert "1 of 2 routers" in printed


def test_what_the_router_refuses_is_a_failure(capsys, router, wanted):
    wanted[:] = [guest(1, profile="none-such")]

    code, printed = run(capsys, str(router.pk))

    assert code == 1
    assert "cp:test:1: input does not match" in printed


def test_a_router_that_another_process_writes_to_is_left_to_it(capsys, router, wanted):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])

    with lease.held(router.pk):
        code, printed = run(capsys)

    assert code == 1
    assert "Another process is writing to this router." in printed


def test_a_router_that_is_not_there_is_named(capsys, db):
    code, printed = run(capsys, "RTR_00000000")

    assert (code, printed) == (1, "There is no router RTR_00000000.")
