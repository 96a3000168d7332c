"""Asking after payments whose webhooks do not come."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from payments import charging, polling, settling, tasks
from payments.gateways.base import Outcome
from payments.models import Attempt, Payment
from payments.states import State
from tests.factories import CredentialsFactory, CredentialsVersionFactory, PaymentFactory, said

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

HOUR, DAY = 3600, 86_400


@pytest.fixture
def account(providers):
    return CredentialsFactory(keys=providers.open_account("kopokopo"))


@pytest.fixture
def buy(account):
    """Return a function that sends a charge, and answers the payment."""

    def buy(**more):
        payment = PaymentFactory(
            credentials=account, package__company=account.company, package__price=2000, **more
        )
        charging.submit(payment.pk)
        payment.refresh_from_db()
        return payment

    return buy


@pytest.fixture
def pass_time(providers, server_clock):
    """Let the same time pass for us and for the providers."""

    def both(seconds):
        server_clock.advance(seconds)
        providers.clock.advance(seconds)

    return both


def asked(payment):
    """Poll, and answer how the payment stands then."""
    polling.poll(payment.pk)
    payment.refresh_from_db()
    return payment.state


def test_a_payment_whose_webhook_is_lost_is_found_by_asking(buy, pass_time):
    payment = buy(phone="+254712345004")
    pass_time(3)

    assert asked(payment) == State.SUCCEEDED
    assert payment.voucher
    assert payment.ask_at is None


def test_a_success_of_which_no_webhook_told_is_counted(buy, account, pass_time):
    for _ in range(2):
        payment = buy(phone="+254712345004")
        pass_time(3)
        asked(payment)
        asked(payment)

    account.refresh_from_db()
    assert account.unheard == 2


def test_a_guest_who_has_not_answered_is_asked_after_again(buy, pass_time):
    payment = buy()
    pass_time(3)

    after = polling.poll(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert 2 < after <= 3
    assert (payment.polls, bool(payment.asked_at)) == (1, True)


@pytest.mark.parametrize(
    ("number", "reason"), [("001", "insufficient_funds"), ("002", "cancelled")]
)
def test_a_no_is_told_with_its_reason(buy, pass_time, number, reason):
    payment = buy(phone=f"+254712345{number}")
    pass_time(3)

    assert asked(payment) == State.FAILED
    assert payment.reason == reason


def test_who_answers_after_three_minutes_is_too_late_and_gets_it_all_the_same(buy, pass_time):
    payment = buy(phone="+254712345017")
    pass_time(181)
    assert asked(payment) == State.EXPIRED

    pass_time(2 * HOUR)

    assert asked(payment) == State.SUCCEEDED
    assert payment.voucher


@pytest.mark.parametrize("number", ["009", "011"])
def test_a_charge_whose_answer_was_lost_is_found_by_its_phone_amount_and_time(
    buy, pass_time, providers, number
):
    payment = buy(phone=f"+254712345{number}")
    assert payment.state == State.UNKNOWN
    pass_time(5)

    assert asked(payment) == State.SUCCEEDED
    assert payment.provider_receipt == providers.ledger.moved()[0].receipt
    assert payment.attempts.get().state == Attempt.State.TAKEN


def test_what_has_paid_for_another_purchase_is_not_found_again(buy, pass_time):
    first, second = buy(phone="+254712345009"), buy(phone="+254712345010")
    Payment.objects.filter(pk=second.pk).update(phone_index="same guest")
    second.phone = "+254712345009"
    second.save(update_fields=["phone"])
    pass_time(5)

    assert asked(first) == State.SUCCEEDED
    assert asked(second) == State.UNKNOWN


def test_nobody_asks_with_keys_that_were_not_there_when_it_was_charged(buy, account, pass_time):
    payment = buy(phone="+254712345000")
    CredentialsVersionFactory(credentials=account, private_key="of another till")
    account.deleted_at = timezone.now()
    account.save()
    pass_time(3)

    assert asked(payment) == State.SUCCEEDED


def test_a_provider_that_was_wrong_about_a_no_is_asked_again(buy, pass_time):
    payment = buy(phone="+254712345000")
    settling.apply(payment.pk, said(payment, Outcome.FAILED), source="webhook")
    payment.refresh_from_db()
    assert payment.ask_at - timezone.now() <= timedelta(minutes=1)

    pass_time(61)

    assert asked(payment) == State.SUCCEEDED


def test_a_provider_that_wants_to_be_left_alone_is(buy, pass_time, providers):
    payment = buy()
    pass_time(3)
    providers.faults.add("kopokopo", "fetch", status=429, headers={"Retry-After": "100"})

    after = polling.poll(payment.pk)

    assert 95 < after <= 100


def test_an_account_is_asked_only_so_often(buy, settings, pass_time):
    settings.LIMITS = settings.LIMITS | {"provider_questions_per_account": (2, 60)}
    payments = [buy() for _ in range(3)]

    for payment in payments:
        polling.poll(payment.pk)

    assert [Payment.objects.get(pk=row.pk).polls for row in payments] == [1, 1, 0]


def test_a_provider_that_is_away_is_asked_again_later(buy, pass_time, providers):
    payment = buy(phone="+254712345000")
    providers.faults.add("kopokopo", "fetch", status=502)
    providers.faults.add("kopokopo", "fetch", drop_response=True)
    pass_time(3)

    assert [asked(payment), asked(payment), asked(payment)] == [
        State.PENDING,
        State.PENDING,
        State.SUCCEEDED,
    ]


def test_a_guest_who_looks_has_it_asked_at_once_but_not_each_time(buy, pass_time):
    payment = buy()
    asked(payment)
    Job.objects.all().delete()
    tasks.ask_to_poll(payment.pk, after=60)

    polling.hurry(payment)
    assert jobs.run_due() == 0
    pass_time(4)
    polling.hurry(payment)
    polling.hurry(payment)

    assert jobs.run_due() == 1
    payment.refresh_from_db()
    assert payment.polls == 2


def test_a_look_at_what_is_settled_asks_nobody(buy, pass_time):
    payment = buy(phone="+254712345000")
    pass_time(3)
    asked(payment)
    Job.objects.all().delete()

    polling.hurry(payment)

    assert not Job.objects.exists()


def test_jobs_that_were_lost_are_found_by_the_sweep(buy, account, pass_time):
    sent = buy(phone="+254712345000")
    unsent = PaymentFactory(
        credentials=account, package__company=account.company, phone="+254712345000"
    )
    Job.objects.all().delete()
    pass_time(20)

    assert polling.sweep() == 2
    assert polling.sweep() == 0
    jobs.run_due()

    sent.refresh_from_db()
    unsent.refresh_from_db()
    assert (sent.state, unsent.state) == (State.SUCCEEDED, State.PENDING)


def test_a_worker_that_died_while_sending_is_made_up_for_by_the_sweep(
    account, pass_time, providers
):
    payment = PaymentFactory(
        credentials=account, package__company=account.company, phone="+254712345000"
    )
    charging._begin(payment)
    Job.objects.all().delete()
    pass_time(20)

    polling.sweep()
    jobs.run_due()

    payment.refresh_from_db()
    assert payment.state == State.UNKNOWN
    assert not providers.prompts()


def test_the_late_questions_need_no_job_until_they_are_due(buy, pass_time):
    payment = buy(phone="+254712345017")
    pass_time(200)
    assert asked(payment) == State.EXPIRED
    Job.objects.all().delete()
    assert polling.sweep() == 0

    pass_time(3 * HOUR)
    polling.sweep()
    jobs.run_due()

    payment.refresh_from_db()
    assert payment.state == State.SUCCEEDED
    assert not Job.objects.filter(task="payments.poll", state=Job.State.QUEUED).exists()


def test_questions_end_with_the_ladder(buy, pass_time):
    payment = buy(phone="+254712345003")
    pass_time(60)
    assert asked(payment) == State.FAILED

    pass_time(2 * DAY)

    assert polling.poll(payment.pk) is None
    payment.refresh_from_db()
    assert payment.ask_at is None


def test_questions_about_a_payment_come_one_at_a_time(buy):
    payment = buy()

    tasks.ask_to_poll(payment.pk)
    tasks.ask_to_charge(payment.pk)

    locks = Job.objects.filter(state=Job.State.QUEUED).values_list("lock_key", flat=True)
    assert set(locks) == {f"payment:{payment.pk}"}
