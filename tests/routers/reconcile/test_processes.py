"""Passes in several processes: one writes at a time, and one that is stopped or killed does no harm."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db.models.functions import Now

from cloudpilot.jobs import Job
from routers.errors import RouterBeingWritten
from routers.models import Reconciliation
from routers.reconcile import services
from tests.parallel import at_once
from tests.processes import database_url, eventually
from tests.routers.reconcile.guests import USERS, guest, names
from tests.routers.support import heard

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

GUESTS = 300


@pytest.fixture
def start_pass(router):
    """Return a function that starts a process which makes a pass over the router."""
    started = []

    def start(lease_seconds=2):
        arguments = [str(router.pk), str(GUESTS), str(lease_seconds)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.routers.reconcile.process", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database_url(),
                "DJANGO_SETTINGS_MODULE": "cloudpilot.settings",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.send_signal(signal.SIGCONT)
        process.communicate()


@pytest.fixture
def slow(device):
    """A device on which what the process wants takes longer than its lease."""
    device.faults.set(busy=0.02, busy_burst=0)


def guests_on(device):
    return sum(row["name"].startswith("guest") for row in device.rows(USERS))


def lease_is_over():
    return Reconciliation.objects.filter(lease_until__lt=Now()).exists()


def rest(device):
    """Wait until a busy device has done all that it was sent before its manager was stopped."""
    heard_at = {len(device.sentences): time.monotonic()}

    def is_still():
        return time.monotonic() - heard_at.setdefault(len(device.sentences), time.monotonic()) > 1

    eventually(is_still)


def test_of_several_passes_at_once_one_is_made(device, router, wanted):
    wanted[:] = [guest(number) for number in range(50)]
    services.mark_dirty([router.pk])
    device.faults.set(latency=0.05)

    answers = at_once(lambda number: services.reconcile(router), 4)

    refused = [answer for answer in answers if isinstance(answer, RouterBeingWritten)]
    assert len(refused) == 3
    adds = [words for words in heard(device) if words[0] == f"{USERS}/add"]
    assert len(adds) == 50


def test_of_two_processes_one_writes(device, start_pass, slow):
    first = start_pass(lease_seconds=60)
    eventually(lambda: guests_on(device) > 5)
    device.faults.set(stall=True)  # so that the first is not done before the second begins
    second = start_pass()

    _, said = second.communicate(timeout=60)

    device.faults.clear()
    assert "Another process is writing to this router." in said
    assert first.wait(60) == 0
    assert guests_on(device) == GUESTS


def test_a_process_that_was_paused_past_its_lease_writes_nothing_more(
    device, router, wanted, start_pass, slow
):
    paused = start_pass()
    eventually(lambda: guests_on(device) > 5)
    paused.send_signal(signal.SIGSTOP)
    eventually(lease_is_over)
    device.faults.clear()
    rest(device)
    services.reconcile(router)  # nothing is wanted any more
    assert names(device) == []
    device.sentences.clear()

    paused.send_signal(signal.SIGCONT)
    _, said = paused.communicate(timeout=60)

    assert paused.returncode != 0, said
    assert heard(device) == []


def test_who_takes_over_looks_again_when_nothing_can_be_under_way_any_more(
    router,
):
    Reconciliation.objects.create(router=router, holder="a process that died", lease_until=Now())

    services.reconcile(router)

    assert Job.objects.get().due_at > Reconciliation.objects.get().last_pass_at


def test_a_process_that_is_killed_leaves_what_the_next_pass_makes_whole(
    device, router, wanted, start_pass, slow
):
    killed = start_pass()
    eventually(lambda: guests_on(device) > 5)
    killed.kill()
    eventually(lease_is_over)
    device.faults.clear()
    wanted[:] = [guest(number) for number in range(GUESTS)]

    services.reconcile(router)

    assert guests_on(device) == GUESTS
    assert services.plan_router(router)[1].is_clean
