"""When a pass is due, and who says so."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs import Job
from routers import tasks
from routers.models import Reconciliation
from routers.reconcile import services
from routers.reconcile.providers import PROVIDERS
from tests.factories import RouterFactory
from tests.parallel import at_once
from tests.routers.reconcile.guests import guest, names
from tests.routers.support import at

pytestmark = pytest.mark.sql


def queued():
    return Job.objects.filter(state=Job.State.QUEUED)


def row_of(router):
    return Reconciliation.objects.get(pk=router.pk)


def test_a_change_that_is_rolled_back_leaves_nothing_to_do(router):
    with transaction.atomic():
        services.mark_dirty([router.pk])
        transaction.set_rollback(True)

    assert not Reconciliation.objects.exists()
    assert not queued().exists()


def test_many_changes_make_one_pass(router):
    for _ in range(3):
        services.mark_dirty([router.pk])

    assert queued().count() == 1
    assert row_of(router).desired_version == 4


def test_a_change_during_a_pass_is_for_the_next(router, monkeypatch):
    def change_meanwhile(router):
        services.mark_dirty([router.pk])
        return []

    monkeypatch.setitem(PROVIDERS, "test", change_meanwhile)
    services.mark_dirty([router.pk])

    services.reconcile(router)

    assert row_of(router).applied_version < row_of(router).desired_version


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_changes_at_the_same_time_all_count():
    routers = [RouterFactory().pk for _ in range(3)]

    answers = at_once(lambda number: services.mark_dirty(routers[:: (-1) ** number]), 6)

    assert answers == [None] * 6
    versions = Reconciliation.objects.values_list("desired_version", flat=True)
    assert set(versions) == {7}
    assert queued().count() == 3


def test_a_new_router_is_looked_at(client, device):
    client.post("/routers/", {"name": "Bar", "host": "127.0.0.1", "username": "a", "password": "b"})

    assert queued().get().task == "routers.reconcile_router"


@pytest.mark.parametrize(
    ("change", "count"), [({"port": 9}, 1), ({"is_active": False}, 1), ({"name": "Baa"}, 0)]
)
def test_a_router_that_may_be_another_one_now_is_looked_at(client, router, change, count):
    client.patch(at(router), change)

    assert queued().count() == count


def test_an_inactive_router_is_passed_over(device, router, wanted):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])
    router.is_active = False
    router.save()

    jobs.run_due()

    assert names(device) == []
    assert not queued().exists()


def test_a_router_that_is_away_is_tried_again_until_it_is_back(device, router, wanted):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])
    device.switch_off()
    jobs.run_due()
    assert queued().get().due_at > timezone.now() - timedelta(seconds=1)
    device.switch_on()

    services.router_is_back(router.pk)
    jobs.run_due()

    assert names(device) == ["guest1"]


def test_a_router_that_is_back_and_wants_for_nothing_is_left_alone(router, make_pass):
    make_pass()
    Job.objects.all().delete()

    services.router_is_back(router.pk)

    assert not queued().exists()


# --- The sweep ------------------------------------------------------------------------------


def test_the_sweep_finds_a_router_whose_hint_was_lost(device, router, wanted):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])
    Job.objects.all().delete()

    tasks.sweep_dirty()
    jobs.run_due()

    assert names(device) == ["guest1"]


def test_the_sweep_finds_a_router_that_nobody_ever_marked(router):
    tasks.sweep_dirty()

    assert queued().get().arguments == {"router": router.pk}


def test_a_router_that_was_just_looked_at_is_not_due(make_pass):
    make_pass()
    Job.objects.all().delete()

    assert tasks.sweep_dirty() == 0


def test_one_that_was_looked_at_long_ago_is(router, make_pass):
    make_pass()
    due_at = row_of(router).due_at

    assert timedelta(minutes=10) < due_at - timezone.now() < timedelta(minutes=20)
    Reconciliation.objects.update(due_at=Now())
    assert tasks.sweep_dirty() == 1


def test_a_sweep_queues_nothing_twice(router):
    assert [tasks.sweep_dirty(), tasks.sweep_dirty()] == [1, 0]
    assert queued().count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_changes_and_sweeps_at_the_same_time_do_not_hold_each_other_up():
    routers = [RouterFactory().pk for _ in range(5)]
    services.mark_dirty(routers)

    def act(number):
        for _ in range(5):
            if number % 3 == 0:
                services.sweep()
            else:
                services.mark_dirty(routers[:: (-1) ** number])

    assert at_once(act, 6) == [None] * 6
    assert queued().count() == 5


def test_a_busy_router_is_tried_again_without_counting(router, wanted):
    wanted[:] = [guest(1)]
    services.mark_dirty([router.pk])
    Reconciliation.objects.update(holder="another", lease_until=Now() + timedelta(minutes=1))

    jobs.run_due()

    assert queued().get().attempts == 0
