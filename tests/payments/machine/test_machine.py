"""Whatever happens, in whatever order: who pays has access, a review or the money back."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.payments.machine.rules import PaymentMachine

EXAMPLES = int(os.environ.get("PAYMENT_EXAMPLES", "20"))
SLUGS = os.environ.get("PAYMENT_PROVIDERS", "kopokopo conekta mercadopago").split()

pytestmark = pytest.mark.django_db(transaction=True)


def run(simulators, examples, *, slugs=SLUGS, steps=25, shrink=True):
    class Machine(PaymentMachine):
        surroundings = simulators, slugs

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def simulators(providers, device):
    return {"providers": providers, "device": device}


def test_who_pays_has_access_or_a_review_or_the_money_back(simulators):
    run(simulators, EXAMPLES)
