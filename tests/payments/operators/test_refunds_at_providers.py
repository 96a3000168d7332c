"""Refunds as providers carry them out, and as they fail to: nothing goes back twice, or half."""

from datetime import timedelta

import pytest

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from payments import asking, reconciliation, refunding
from payments.gauges import payment_gauges
from payments.models import Payment, Refund
from payments.states import State
from tests.factories import UserFactory
from tests.payments.ledger import balance
from tests.payments.shops import PRICE, Shop

pytestmark = pytest.mark.django_db

GIVE_BACK = ("kopokopo", "intasend", "mercadopago", "conekta")
IN_PARTS = ("intasend", "mercadopago", "conekta")


@pytest.fixture
def shop(request, providers, server_clock):
    return Shop(providers, getattr(request, "param", "mercadopago"), server_clock)


everywhere = pytest.mark.parametrize("shop", GIVE_BACK, indirect=True)


def ask(payment, amount=None):
    payment = Payment.objects.get(pk=payment.pk)
    return refunding.request(payment, amount, reason="Bought twice", user=UserFactory())


def carry_out(shop, refund):
    """Do as the refund's job does until it is over; returns the refund."""
    while (after := refunding.carry_out(refund.pk)) is not None:
        shop.wait(after + 0.1)
    return Refund.objects.select_related("payment").get(pk=refund.pk)


def given_back(shop):
    return sum(entry.amount for entry in shop.ledger("refund"))


def check(shop, payment, state, refunded):
    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.refunded, payment.refund_held) == (state, refunded, 0)
    assert balance(payment) == payment.received - refunded
    assert given_back(shop) == refunded


@everywhere
def test_all_of_it_goes_back_once(shop):
    payment = shop.sell()

    refund = carry_out(shop, ask(payment))

    assert refund.state == Refund.State.SUCCEEDED
    check(shop, payment, State.REFUNDED, PRICE)
    assert shop.ask(payment).state == State.REFUNDED
    start = payment.created_at
    shop.wait(20)
    assert reconciliation.reconcile(shop.account, start, shop.clock()).is_explained


@pytest.mark.parametrize("shop", IN_PARTS, indirect=True)
def test_parts_go_back_one_after_the_other(shop):
    payment = shop.sell()

    for amount in (500, 700):
        carry_out(shop, ask(payment, amount))
        payment = shop.ask(payment)  # and is not taken for somebody else's doing

    check(shop, payment, State.PARTIALLY_REFUNDED, 1200)
    assert payment.refunds.count() == 2


@everywhere
def test_a_refund_whose_answer_was_lost_is_not_sent_again(shop):
    payment = shop.sell()
    shop.providers.faults.add(shop.slug, "refund", drop_response=True)
    refund = ask(payment)

    assert refunding.carry_out(refund.pk) is not None
    refund.refresh_from_db()
    assert refund.state == Refund.State.UNKNOWN
    carry_out(shop, refund)

    check(shop, payment, State.REFUNDED, PRICE)


@everywhere
def test_a_refund_that_never_arrived_leaves_the_payment_as_it_was(shop):
    payment = shop.sell()
    shop.providers.faults.add(shop.slug, "refund", drop_request=True)

    refund = carry_out(shop, ask(payment))

    assert (refund.state, refund.failure) == (Refund.State.FAILED, "never_arrived")
    check(shop, payment, State.SUCCEEDED, 0)
    carry_out(shop, ask(payment))
    check(shop, payment, State.REFUNDED, PRICE)


@everywhere
def test_a_worker_that_dies_while_it_sends_sends_nothing_twice(shop, monkeypatch):
    payment = shop.sell()
    refund = ask(payment)

    def send_and_die(refund, send=asking.refund):
        send(refund)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(asking, "refund", send_and_die)
        with pytest.raises(SystemExit):
            refunding.carry_out(refund.pk)
    carry_out(shop, refund)

    check(shop, payment, State.REFUNDED, PRICE)


def test_what_the_provider_refuses_stays(shop):
    payment = shop.sell()
    shop.providers.faults.add(shop.slug, "refund", status=400, body='{"message": "no"}')

    refund = carry_out(shop, ask(payment))

    assert (refund.state, bool(refund.failure)) == (Refund.State.FAILED, True)
    check(shop, payment, State.SUCCEEDED, 0)
    assert Payment.objects.get(pk=payment.pk).voucher.revoked_at is None


def test_what_did_not_get_out_is_sent_again(shop):
    payment = shop.sell()
    shop.providers.faults.add(
        shop.slug, "refund", status=429, body="{}", headers={"Retry-After": "77"}
    )
    refund = ask(payment)

    assert refunding.carry_out(refund.pk) >= 77
    refund.refresh_from_db()
    assert refund.state == Refund.State.CREATED
    carry_out(shop, refund)

    check(shop, payment, State.REFUNDED, PRICE)


def test_a_provider_that_cannot_be_reached_for_an_hour_is_given_up(shop, settings):
    payment = shop.sell()
    there = settings.PROVIDER_BASE_URLS
    settings.PROVIDER_BASE_URLS = there | {shop.slug: "http://127.0.0.1:9"}

    refund = carry_out(shop, ask(payment))

    assert (refund.state, refund.failure) == (Refund.State.FAILED, "provider_unreachable")
    check(shop, payment, State.SUCCEEDED, 0)


def test_keys_that_the_provider_knows_no_more_end_a_refund(shop):
    payment = shop.sell()
    version = payment.credentials_version
    version.private_key = "APP_USR-of-yesterday"
    version.save()

    refund = carry_out(shop, ask(payment))

    assert (refund.state, refund.failure) == (Refund.State.FAILED, "keys_refused")
    check(shop, payment, State.SUCCEEDED, 0)


@pytest.mark.parametrize("shop", ["mercadopago", "conekta"], indirect=True)
def test_refunds_that_the_provider_does_not_tell_apart_are_told_by_their_sum(shop):
    payment = shop.sell()
    shop.providers.faults.add(shop.slug, "refund", drop_response=True, times=2)
    refunds = [ask(payment, 600), ask(payment, 600)]

    for refund in refunds:
        refunding.carry_out(refund.pk)
    for refund in refunds:
        carry_out(shop, refund)

    check(shop, payment, State.PARTIALLY_REFUNDED, 1200)


def test_a_refund_is_carried_out_by_its_job(shop):
    payment = shop.sell()
    refund = ask(payment)

    assert Job.objects.filter(task="payments.refund").count() == 1
    jobs.run_due()

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED


def test_a_refund_whose_job_was_lost_is_found(shop):
    payment = shop.sell()
    refund = ask(payment)
    shop.wait(61)

    assert refunding.sweep() == 0
    Job.objects.all().delete()
    assert refunding.sweep() == 1

    assert Job.objects.get().unique_key == f"refund:{refund.pk}"
    carry_out(shop, refund)
    Job.objects.all().delete()
    assert refunding.sweep() == 0


@pytest.mark.parametrize("shop", ["intasend"], indirect=True)
def test_news_of_a_refund_has_it_asked_after_at_once(shop):
    payment = shop.sell()
    refund = ask(payment)
    refunding.carry_out(refund.pk)
    Job.objects.all().delete()

    refunding.hurry(payment)

    assert Job.objects.get().arguments == {"refund": refund.pk}


@everywhere
def test_what_was_given_back_by_hand_is_explained(shop):
    payment = shop.sell()
    refunding.request(payment, 700, reason="Till", user=UserFactory(), by_hand=True)
    shop.wait(20)

    report = reconciliation.reconcile(shop.account, payment.created_at, shop.clock())

    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.refunded) == (State.PARTIALLY_REFUNDED, 700)
    assert report.is_explained


@pytest.mark.parametrize("shop", ["intasend"], indirect=True)
def test_a_refund_that_does_not_end_is_asked_after_daily_and_counted(shop):
    payment = shop.sell()
    refund = ask(payment)
    refunding.carry_out(refund.pk)
    shop.providers.faults.add(shop.slug, "fetch_refund", times=None, status=500)

    for _ in range(20):
        shop.clock.advance(refunding.carry_out(refund.pk))

    refund.refresh_from_db()
    assert refund.state == Refund.State.PENDING
    assert shop.clock() - refund.created_at > timedelta(days=7)
    samples = {
        sample.labels["state"]: sample.value
        for family in payment_gauges()
        for sample in family.samples
        if sample.name == "cloudpilot_refunds_under_way"
    }
    assert samples == {"pending": 1}
