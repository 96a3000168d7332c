"""Whatever happens, in whatever order: who pays has access, a review or the money back."""

import logging
import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.payments.machine.mutants import MUTANTS
from tests.payments.machine.rules import PaymentMachine

log = logging.getLogger(__name__)

# `make campaign` asks for more, and for the mutants.
EXAMPLES = int(os.environ.get("PAYMENT_EXAMPLES", "5"))
EXAMPLES_A_MUTANT = int(os.environ.get("MUTANT_EXAMPLES", "0"))
PROVIDERS = ["kopokopo", "conekta", "mercadopago"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # What jobs are due is PostgreSQL's own clock to say, which is nobody's to advance.
    pytest.mark.skipif(connection.vendor != "sqlite", reason="needs a clock that can be advanced"),
]


def run(simulators, examples, providers=PROVIDERS, **choice):
    """Run the machine; return the first thing that was wrong, "" if all was well."""

    class Machine(PaymentMachine):
        surroundings = simulators, providers
        wrong = []

    for name, value in choice.items():
        setattr(Machine, name, value)
    how = settings(
        max_examples=examples,
        stateful_step_count=25,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Machine, settings=how)
    except Exception:
        if not Machine.wrong:
            raise
    return Machine.wrong[0] if Machine.wrong else ""


@pytest.fixture
def simulators(providers, device):
    return {"providers": providers, "device": device}


def test_who_pays_has_access_or_a_review_or_the_money_back(simulators):
    assert run(simulators, EXAMPLES) == ""


@pytest.mark.skipif(not EXAMPLES_A_MUTANT, reason="takes minutes; `make campaign` does it")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_is_found(simulators, monkeypatch, name):
    mutant = MUTANTS[name]
    mutant.patch(monkeypatch)

    choice = {"faults_on": mutant.needs, "crashes": mutant.crashes or PaymentMachine.crashes}
    wrong = run(simulators, EXAMPLES_A_MUTANT, ["kopokopo"], **choice)

    assert wrong, "the bug was not found"
    log.warning("%s is found: %s", name, wrong)
