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

from tests.payments.machine.conftest import FOUND
from tests.payments.machine.mutants import MUTANTS
from tests.payments.machine.rules import PaymentMachine

# `make campaign` asks for more, and for the mutants.
EXAMPLES = int(os.environ.get("PAYMENT_EXAMPLES", "10"))
EXAMPLES_A_MUTANT = int(os.environ.get("MUTANT_EXAMPLES", "0"))
STEPS = 9  # the first opens the café
# What is drawn from the first is the same each time; from the second, nobody has seen it yet.
SEEDS = {"same": 1, "new": random.SystemRandom().randrange(10**6)}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # What jobs are due is PostgreSQL's own clock to say, which is nobody's to advance.
    pytest.mark.skipif(connection.vendor != "sqlite", reason="needs a clock that can be advanced"),
]


@pytest.fixture
def machine(providers, device):
    """A machine that knows afterwards what was wrong, and how many runs it began."""

    class Machine(PaymentMachine):
        surroundings = {"providers": providers, "device": device}
        wrong = []

    return Machine


def search(machine, runs, number):
    how = settings(
        max_examples=runs,
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


@pytest.mark.parametrize("which", SEEDS if EXAMPLES_A_MUTANT else ["same"])
def test_who_pays_has_access_or_a_review_or_the_money_back(machine, which):
    search(machine, EXAMPLES, SEEDS[which])


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_is_found_where_it_shows(machine, monkeypatch, name):
    MUTANTS[name].patch(monkeypatch)

    with pytest.raises(AssertionError):
        machine().play(MUTANTS[name].steps)

    assert machine.wrong


@pytest.mark.skipif(not EXAMPLES_A_MUTANT, reason="takes minutes; `make campaign` does it")
@pytest.mark.parametrize("which", SEEDS)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_is_found_by_chance(machine, monkeypatch, record_property, name, which):
    MUTANTS[name].patch(monkeypatch)
    began = time.process_time()

    with suppress(Exception):
        search(machine, EXAMPLES_A_MUTANT, SEEDS[which])

    seconds = time.process_time() - began
    wrong = machine.wrong[0] if machine.wrong else "**lived**"
    cells = f"`{name}`", SEEDS[which], machine.began, f"{seconds:.0f}", wrong
    record_property(FOUND, f"| {' | '.join(map(str, cells))} |")
    assert machine.wrong, "the bug was not found"
