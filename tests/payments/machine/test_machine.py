"""Whatever happens, in whatever order: who pays has access, a review or the money back."""

import logging
import os
import random
import time
from contextlib import suppress

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.payments.machine.mutants import MUTANTS
from tests.payments.machine.rules import PaymentMachine

# `make campaign` asks for more, and for the mutants.
EXAMPLES = int(os.environ.get("PAYMENT_EXAMPLES", "10"))
EXAMPLES_A_MUTANT = int(os.environ.get("MUTANT_EXAMPLES", "0"))
STEPS = 9  # the first opens the café
# One run is the same every time; the other is a new one every time.
SEEDS = [1, random.SystemRandom().randrange(10**6)]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # What jobs are due is PostgreSQL's own clock to say, which is nobody's to advance.
    pytest.mark.skipif(connection.vendor != "sqlite", reason="needs a clock that can be advanced"),
]


def machine_of(simulators):
    """Return a machine that knows afterwards what was wrong, and how many runs it took."""

    class Machine(PaymentMachine):
        surroundings = simulators
        wrong = []

    return Machine


def run(machine, examples, number):
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    logging.disable()  # takes a tenth of the time
    try:
        run_state_machine_as_test(seed(number)(machine), settings=how)
    finally:
        logging.disable(logging.NOTSET)


@pytest.fixture
def simulators(providers, device):
    return {"providers": providers, "device": device}


@pytest.mark.parametrize("number", SEEDS[:1] if EXAMPLES < 50 else SEEDS, ids=str)
def test_who_pays_has_access_or_a_review_or_the_money_back(simulators, number):
    run(machine_of(simulators), EXAMPLES, number)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_is_found_where_it_shows(simulators, monkeypatch, name):
    MUTANTS[name].patch(monkeypatch)
    machine = machine_of(simulators)()

    with pytest.raises(AssertionError):
        machine.play(MUTANTS[name].steps)

    assert machine.wrong


@pytest.mark.skipif(not EXAMPLES_A_MUTANT, reason="takes minutes; `make campaign` does it")
@pytest.mark.parametrize("number", SEEDS, ids=["same", "new"])
@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_is_found(simulators, monkeypatch, name, number):
    MUTANTS[name].patch(monkeypatch)
    began = time.process_time()

    machine = machine_of(simulators)

    with suppress(Exception):
        run(machine, EXAMPLES_A_MUTANT, number)

    seconds = time.process_time() - began
    print(
        f"\nROW {name} seed {number} after {machine.began} in {seconds:.0f} s: {machine.wrong}",
        flush=True,
    )
    assert machine.wrong, "the bug was not found"
