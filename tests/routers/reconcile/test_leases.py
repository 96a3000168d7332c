from datetime import timedelta

import pytest
from django.db.models.functions import Now

from routers.errors import LeaseLost, RouterBeingWritten
from routers.models import Reconciliation
from routers.reconcile import lease
from tests.factories import RouterFactory
from tests.parallel import at_once

pytestmark = pytest.mark.sql


@pytest.fixture
def row(db):
    return Reconciliation.objects.create(router=RouterFactory())


def lapse(row):
    """Let the lease on a row run out, whoever has it."""
    Reconciliation.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_who_has_the_lease_keeps_all_others_out(row):
    with lease.held(row.pk), pytest.raises(RouterBeingWritten), lease.held(row.pk):
        pass


def test_a_lease_that_is_given_back_is_free_at_once(row):
    with lease.held(row.pk):
        pass

    with lease.held(row.pk) as second:
        assert not second.is_takeover


def test_a_lease_that_ran_out_is_taken_over_and_known_as_such(row):
    with lease.held(row.pk):
        lapse(row)
        with lease.held(row.pk) as second:
            assert second.is_takeover


def test_a_holder_whose_lease_was_taken_over_may_do_nothing_more(row):
    with lease.held(row.pk) as first:
        lapse(row)
        with lease.held(row.pk):
            with pytest.raises(LeaseLost):
                first.window()
            with pytest.raises(LeaseLost):
                first.update(error="from beyond")


def test_a_holder_that_was_late_goes_on_if_nobody_else_came(row):
    with lease.held(row.pk) as only:
        lapse(row)
        only.window()

        with pytest.raises(RouterBeingWritten), lease.held(row.pk):
            pass


def test_who_lost_the_lease_does_not_give_back_another_ones(row):
    with lease.held(row.pk):
        lapse(row)
        second = lease.held(row.pk)
        second.__enter__()

    with pytest.raises(RouterBeingWritten), lease.held(row.pk):
        pass
    second.__exit__(None, None, None)


def test_a_window_ends_before_the_lease_does(row, settings):
    settings.RECONCILE_LEASE_SECONDS = 20

    with lease.held(row.pk) as only:
        assert 0 < only.window().remaining() <= 15


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_abandoned", [False, True])
def test_of_many_who_come_at_once_one_gets_the_lease(is_abandoned):
    row = Reconciliation.objects.create(router=RouterFactory())
    if is_abandoned:
        Reconciliation.objects.filter(pk=row.pk).update(holder="a process that died")
        lapse(row)

    def take(number):
        taken = lease.held(row.pk)
        taken.__enter__()
        return taken  # and kept, as long as the others try

    answers = at_once(take, 8)

    refused = [answer for answer in answers if isinstance(answer, RouterBeingWritten)]
    assert len(refused) == 7
