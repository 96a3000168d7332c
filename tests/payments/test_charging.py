"""The question to the provider: asked once, whatever happens on the way there and back."""

import pytest
from cryptography.fernet import Fernet
from django.db import transaction

from cloudpilot import jobs
from cloudpilot.jobs.models import Job
from payments import charging, polling, settling, tasks, transitions
from payments.models import Attempt, Payment
from payments.providers import CalledInTransaction
from payments.states import State
from tests.factories import CredentialsFactory, PaymentFactory, said
from tests.parallel import at_once

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

PAYS = "+254712345000"


@pytest.fixture
def keys(providers):
    return providers.open_account("kopokopo")


@pytest.fixture
def account(keys):
    return CredentialsFactory(keys=keys)


@pytest.fixture
def buy(account):
    """Return a function that leaves a payment as a purchase does."""
    return lambda **more: PaymentFactory(
        credentials=account, package__company=account.company, package__price=2000, **more
    )


def prompted(providers):
    return len(providers.prompts())


def test_a_charge_is_sent_and_waits_for_the_guest(buy, providers):
    payment = buy()

    assert charging.submit(payment.pk) is None

    payment.refresh_from_db()
    attempt = payment.attempts.get()
    assert (payment.state, attempt.state) == (State.PENDING, Attempt.State.TAKEN)
    assert payment.provider_ref
    assert payment.submitted_at
    assert payment.ask_at
    assert prompted(providers) == 1
    assert Job.objects.filter(task="payments.poll", unique_key=f"poll:{payment.pk}").exists()


def test_a_charge_is_sent_once_however_often_it_is_asked_for(buy, providers):
    payment = buy()

    for _ in range(3):
        charging.submit(payment.pk)

    assert prompted(providers) == 1
    assert payment.attempts.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_charge_is_sent_once_by_many_at_once(buy, providers):
    payment = buy()

    at_once(lambda _: charging.submit(payment.pk), 4)

    assert prompted(providers) == 1
    assert payment.attempts.count() == 1


def test_a_no_at_once_is_a_no(buy, providers):
    payment = buy()
    providers.faults.add("kopokopo", "charge", status=400, body='{"error_message": "no"}')

    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.FAILED
    assert payment.attempts.get().state == Attempt.State.REFUSED


def test_what_did_not_get_out_is_sent_again(buy, providers, server_clock):
    payment = buy()
    providers.faults.add("kopokopo", "charge", status=429, headers={"Retry-After": "7"})

    assert charging.submit(payment.pk) == 7
    payment.refresh_from_db()
    assert (payment.state, prompted(providers)) == (State.CREATED, 0)

    server_clock.advance(7)
    assert charging.submit(payment.pk) is None
    payment.refresh_from_db()
    assert (payment.state, prompted(providers)) == (State.PENDING, 1)
    first, second = payment.attempts.order_by("number")
    assert (first.state, second.state) == (Attempt.State.NOT_SENT, Attempt.State.TAKEN)
    assert first.reference != second.reference


def test_a_provider_that_cannot_be_reached_for_a_minute_is_given_up(buy, settings, server_clock):
    payment = buy()
    settings.PROVIDER_BASE_URLS = settings.PROVIDER_BASE_URLS | {"kopokopo": "http://127.0.0.1:9"}

    waits = []
    while (after := charging.submit(payment.pk)) is not None:
        waits.append(after)
        server_clock.advance(max(after, 15))

    payment.refresh_from_db()
    assert (payment.state, payment.reason) == (State.FAILED, "provider_unreachable")
    assert len(waits) >= 2


def test_keys_that_the_provider_refuses_end_it(buy, keys, providers):
    payment = buy()
    payment.credentials_version.private_key = "wrong"
    payment.credentials_version.save()

    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert (payment.state, payment.reason) == (State.FAILED, "keys_refused")
    assert prompted(providers) == 0


def test_keys_that_cannot_be_opened_end_it(buy, settings, providers):
    payment = buy()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    charging.submit(payment.pk)

    payment = Payment.objects.get(pk=payment.pk)
    assert (payment.state, payment.reason) == (State.FAILED, "keys_refused")


@pytest.mark.parametrize("fault", [{"drop_response": True}, {"status": 500, "after": True}])
def test_an_answer_that_is_lost_makes_no_second_prompt(buy, providers, fault):
    payment = buy()
    providers.faults.add("kopokopo", "charge", **fault)

    charging.submit(payment.pk)
    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.UNKNOWN
    assert payment.attempts.get().state == Attempt.State.OPEN
    assert prompted(providers) == 1


def test_a_worker_that_died_while_sending_leaves_a_payment_that_is_asked_after(buy, providers):
    payment = buy()
    charging._begin(payment)  # committed before the first byte; then the worker dies

    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert (payment.state, payment.reason) == (State.UNKNOWN, "interrupted")
    assert prompted(providers) == 0


def test_a_worker_that_comes_back_late_changes_nothing_and_sends_nothing(
    buy, providers, monkeypatch
):
    payment = buy()
    real = charging.asking.charge

    def paused(payment, attempt):
        charging.submit(payment.pk)  # another worker, once the lease was over
        return real(payment, attempt)

    monkeypatch.setattr(charging.asking, "charge", paused)
    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.PENDING
    assert (prompted(providers), payment.attempts.count()) == (1, 1)
    assert transitions.is_whole(payment)


def test_a_webhook_before_the_answer_settles_it(buy, providers, monkeypatch):
    payment = buy()
    real = charging.asking.charge

    def told_first(payment, attempt):
        charge = real(payment, attempt)
        settling.apply(
            payment.pk, said(payment, provider_ref=charge.provider_ref), source="webhook"
        )
        return charge

    monkeypatch.setattr(charging.asking, "charge", told_first)
    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.SUCCEEDED
    assert payment.attempts.get().state == Attempt.State.TAKEN


@pytest.mark.parametrize("status", [400, 429, 500])
def test_whatever_the_answer_a_webhook_that_came_before_it_counts(
    buy, providers, monkeypatch, status
):
    payment = buy()
    providers.faults.add("kopokopo", "charge", status=status)
    real = charging.asking.charge

    def told_first(payment, attempt):
        settling.apply(payment.pk, said(payment), source="webhook")
        return real(payment, attempt)

    monkeypatch.setattr(charging.asking, "charge", told_first)
    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert payment.state == State.SUCCEEDED
    assert payment.attempts.get().state != Attempt.State.REFUSED


def test_a_prompt_that_nobody_expects_any_more_is_not_sent(buy, providers, server_clock):
    payment = buy()
    server_clock.advance(600)

    charging.submit(payment.pk)

    payment.refresh_from_db()
    assert (payment.state, payment.reason) == (State.CANCELED, "too_late")
    assert prompted(providers) == 0


def test_a_card_token_is_gone_once_it_was_sent(buy, providers):
    payment = buy(card_token="tok_1")

    charging.submit(payment.pk)

    assert Payment.objects.get(pk=payment.pk).card_token is None


def test_no_provider_is_asked_within_a_transaction(buy, providers):
    payment = buy()

    with pytest.raises(CalledInTransaction), transaction.atomic():
        charging.asking.charge(payment, Attempt(reference="x"))

    assert prompted(providers) == 0


def test_workers_take_a_purchase_to_its_voucher(buy, providers, server_clock):
    payment = buy(phone=PAYS)
    tasks.ask_to_charge(payment.pk)
    jobs.run_due()
    providers.clock.advance(3)
    server_clock.advance(4)

    payment.refresh_from_db()
    polling.hurry(payment)
    jobs.run_due()

    payment.refresh_from_db()
    assert payment.state == State.SUCCEEDED
    assert payment.voucher.code
    assert payment.provider_receipt


def test_a_purchases_job_is_nobodys_share_of_the_workers(buy):
    payment = buy()

    tasks.ask_to_charge(payment.pk)

    job = Job.objects.get()
    assert (job.tenant, job.lock_key) == (None, f"payment:{payment.pk}")
