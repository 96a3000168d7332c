"""Real workers, killed while they ask for money: it is asked for once, and found."""

import signal

import pytest

from payments import polling, tasks
from payments.models import Payment
from payments.states import State
from tests.cloudpilot.jobs.conftest import nurseries, start_worker  # noqa: F401  (fixtures)
from tests.factories import CredentialsFactory, PaymentFactory
from tests.processes import eventually

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def start(start_worker, providers):  # noqa: F811
    """Return a function that starts a worker whose provider is the simulator."""
    address = providers.url("kopokopo")
    return lambda: start_worker("--threads", 2, KOPOKOPO_BASE_URL=address)


@pytest.fixture
def payment(providers):
    account = CredentialsFactory(keys=providers.open_account("kopokopo"))
    payment = PaymentFactory(
        credentials=account, package__company=account.company, phone="+254712345678"
    )
    tasks.ask_to_charge(payment.pk)
    return payment


def state_of(payment):
    return Payment.objects.values_list("state", flat=True).get(pk=payment.pk)


def test_a_worker_that_is_killed_while_the_provider_answers_loses_no_payment(
    start, payment, providers
):
    providers.faults.add("kopokopo", "charge", latency=60)
    worker = start()
    [prompt] = eventually(providers.prompts)
    worker.end(signal.SIGKILL)

    start()
    eventually(lambda: state_of(payment) == State.UNKNOWN)
    providers.answer(prompt, "pin")
    payment = Payment.objects.get(pk=payment.pk)
    polling.hurry(payment)
    eventually(lambda: state_of(payment) == State.SUCCEEDED)

    payment = Payment.objects.get(pk=payment.pk)
    assert payment.voucher_id
    assert payment.attempts.count() == len(providers.ledger.moved()) == 1


def test_a_worker_that_is_killed_before_it_sends_anything_sends_nothing_twice(
    start, payment, providers
):
    providers.faults.add("kopokopo", "token", latency=60)
    worker = start()
    eventually(lambda: state_of(payment) == State.SUBMITTING)
    worker.end(signal.SIGKILL)

    start()
    eventually(lambda: state_of(payment) == State.UNKNOWN)

    assert payment.attempts.count() == 1
    assert not providers.prompts()
